"""The pages of participants and teams."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from challenges.reads import visible_challenges
from estrade.access.policy import can, require
from estrade.editions.reads import announcements
from estrade.editions.timeline import timeline
from estrade.files.scanning import is_scanning
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.errors import problem, wants_json
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from teams.contacts import decide_about_contact, may_be_reached
from teams.file_forms import PlainFileForm
from teams.files import bring_file
from teams.forms import DeliveryForm, DraftForm, JoinForm, TeamForm, answer_name
from teams.membership import create_team, join_team
from teams.models import Team
from teams.next_step import checklist, next_step
from teams.notices import approaches_of, approaches_to
from teams.question_reads import news_of
from teams.reads import one_receipt, one_team, team_of
from teams.submission_form import form_of
from teams.submissions import LIMITS, confirm_capture, deliver_submission, save_draft, withdraw_submission
from teams.words import brought_words, saved_words
from teams.workspace import receipt_before, workspace_of


@require_safe
def home(request: PageRequest, slug: str) -> HttpResponse:
    """The participant's page: what to do now."""
    here, now = request.edition, db_now()
    require(request.user, "home.read", here, at=now)
    team = team_of(person=request.user, edition=here)
    space = workspace_of(team=team, person=request.user, now=now) if team else None
    invited_by = [one.team for one in approaches_to(person=request.user, edition=here) if one.by_team] if team is None else []
    context = {
        "step": next_step(edition=here, space=space, person=request.user, invited_by=invited_by, now=now),
        "asking": [one for one in approaches_of(team) if not one.by_team] if team and space and space.may_manage else [],
        "checklist": checklist(space),
        "phases": timeline(here, now),
        "space": space,
        "announcements": announcements(here),
        "news": news_of(team.challenge, team=team) if team and team.challenge else [],
    }
    return render(request, "teams/home.html", context)


@require_safe
def mine(request: PageRequest, slug: str) -> HttpResponse:
    """The short way to one's own team, or to joining one."""
    require(request.user, "home.read", request.edition)
    team = team_of(person=request.user, edition=request.edition)
    return redirect("teams:team", slug=slug, team_id=team.pk) if team else redirect("teams:join", slug=slug)


@require_safe
def team(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """One team: its members, its draft, its versions."""
    found = one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
    return _team_page(request, found)


@require_POST
def draft(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Save the draft, from the page's script or from the plain form."""
    found = one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
    form = DraftForm(request.POST, asked=form_of(request.edition))
    _bring_files(request, team_id)
    if form.is_valid():
        try:
            saved = save_draft(person=request.user, team_id=team_id, **form.words)
        except Refused as refusal:
            return _draft_refused(request, found, form, refusal)
        if wants_json(request):
            return JsonResponse({"revision": saved.draft_revision, "words": saved_words(saved)})
        return redirect("teams:team", slug=slug, team_id=team_id)
    return _team_page(request, found, form=form, status=422)


@require_POST
def deliver(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Save what the form holds, then hand in the draft. After the deadline the draft goes as it is."""
    found = one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
    form, press = DraftForm(request.POST, asked=form_of(request.edition)), DeliveryForm(request.POST)
    if not press.is_valid():
        return _team_page(request, found, status=422)
    all_taken = _bring_files(request, team_id)
    try:
        if "title" in request.POST and form.is_valid():
            save_draft(person=request.user, team_id=team_id, **form.words)
        if not all_taken:
            return redirect("teams:team", slug=slug, team_id=team_id)
        receipt = deliver_submission(person=request.user, team_id=team_id, client_id=press.cleaned_data["client_id"])
    except Refused as refusal:
        return _draft_refused(request, found, form, refusal)
    return redirect("teams:receipt", slug=slug, reference=receipt.reference)


@require_POST
def withdraw(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Take back what was handed in."""
    one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
    withdraw_submission(person=request.user, team_id=team_id)
    messages.success(request, _("Taken back: nothing counts until you hand in again. The draft and the versions are kept."))
    return redirect("teams:team", slug=slug, team_id=team_id)


@require_POST
def confirm(request: PageRequest, slug: str, reference: str) -> HttpResponse:
    """Say that a draft taken at the deadline is what the team meant to hand in."""
    found = one_receipt(person=request.user, edition=request.edition, reference=reference, now=db_now())
    confirm_capture(person=request.user, receipt_id=found.pk)
    return redirect("teams:receipt", slug=slug, reference=reference)


@require_POST
def contact(request: PageRequest, slug: str) -> HttpResponse:
    """Let the partner have one's name and address, or take that back."""
    decide_about_contact(person=request.user, edition_id=request.edition.pk, given="given" in request.POST)
    messages.success(request, _("Saved."))
    return redirect("teams:mine", slug=slug)


@require_safe
def receipt(request: PageRequest, slug: str, reference: str) -> HttpResponse:
    """The proof of one version."""
    now = db_now()
    found = one_receipt(person=request.user, edition=request.edition, reference=reference, now=now)
    team = one_team(person=request.user, edition=request.edition, team_id=found.submission.team_id, now=now)
    context = {
        "receipt": found,
        "team": team,
        "space": workspace_of(team=team, person=request.user, now=now),
        "replaced": receipt_before(found),
        "files": found.files.select_related("stored"),
    }
    return render(request, "teams/receipt.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: PageRequest, slug: str) -> HttpResponse:
    """Enter a team by its code."""
    require(request.user, "home.read", request.edition)
    # A QR code brings the code along; coming in stays a press of the button.
    form = JoinForm(request.POST or None, initial={"code": request.GET.get("code", "")[:40]})
    if request.method == "POST" and form.is_valid():
        try:
            joined = join_team(person=request.user, edition_id=request.edition.pk, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("You are in team %(name)s.") % {"name": joined.name})
            return redirect("teams:home", slug=slug)
    return _join_page(request, join_form=form)


@require_POST
def create(request: PageRequest, slug: str) -> HttpResponse:
    """Found a team."""
    require(request.user, "home.read", request.edition)
    form = _team_form(request, request.POST)
    if form.is_valid():
        words = form.cleaned_data
        try:
            made = create_team(
                person=request.user, edition_id=request.edition.pk, name=words["name"], challenge_id=words["challenge"]
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Team %(name)s is founded. You are its spokesperson.") % {"name": made.name})
            return redirect("teams:team", slug=slug, team_id=made.pk)
    return _join_page(request, team_form=form)


def _team_page(
    request: PageRequest, team: Team, *, form: DraftForm | None = None,
    conflict: Refused | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    space = workspace_of(team=team, person=request.user, now=db_now())
    if form is None and space.draft is not None:
        form = DraftForm.of(space.draft, space.asked, read_only=not space.may_write)
    context = {
        "space": space,
        "team": team,
        "form": form,
        "conflict": conflict,
        "checklist": checklist(space),
        "saved": saved_words(space.draft) if space.draft else "",
        "mark": DeliveryForm.new_mark(),
        "scanned": is_scanning(),
        "is_reachable": space.draft is not None and may_be_reached(person=request.user, edition=request.edition),
    }
    return render(request, "teams/team.html", context, status=status)


def _draft_refused(request: PageRequest, team: Team, form: DraftForm, refusal: Refused) -> HttpResponse:
    if wants_json(request):
        other = _other_words(refusal) if refusal.code == "draft_conflict" else None
        return problem(refusal, draft=other)
    if refusal.code != "draft_conflict":
        form.is_valid()
        form.refuse(refusal)
        return _team_page(request, team, form=form, status=422)
    # The second press is a decision: it is based on the revision that was just shown.
    form = form.based_on(refusal.figures["revision"])
    return _team_page(request, team, form=form, conflict=refusal, status=409)


def _bring_files(request: PageRequest, team_id: int) -> bool:
    """Whether all files were taken that come with the text, from a page without script; a sentence for each says it above."""
    all_taken = True
    for name in request.FILES:
        field = name.removeprefix("file-")
        form = PlainFileForm(
            {"client_id": request.POST.get(f"mark-{field}")}, MultiValueDict({"file": request.FILES.getlist(name)[:1]})
        )
        try:
            sending, pieces = form.sent()
            brought = bring_file(person=request.user, team_id=team_id, field=field, sending=sending, pieces=pieces)
        except Refused as refusal:
            messages.error(request, status_and_sentence(refusal)[1])
            all_taken = False
        else:
            messages.success(request, brought_words(brought))
    return all_taken


def _other_words(refusal: Refused) -> dict[str, str]:
    """What the draft says elsewhere, under the names of the form's fields."""
    answers = {answer_name(key): words for key, words in refusal.figures["answers"].items()}
    return {**{name: refusal.figures[name] for name in LIMITS}, **answers}


def _join_page(request: PageRequest, *, join_form: JoinForm | None = None, team_form: TeamForm | None = None) -> HttpResponse:
    errors = bool((join_form and join_form.errors) or (team_form and team_form.errors))
    context = {
        "join_form": join_form or JoinForm(),
        "team_form": team_form or _team_form(request, None),
        "team": team_of(person=request.user, edition=request.edition),
        "may_create": can(request.user, "team.create", request.edition),
    }
    return render(request, "teams/join.html", context, status=422 if errors else 200)


def _team_form(request: PageRequest, data: object, **options: object) -> TeamForm:
    visible = visible_challenges(edition=request.edition, person=request.user).filter(published_at__isnull=False)
    return TeamForm(data, challenges=visible, language=get_language() or "fr", **options)
