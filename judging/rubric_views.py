"""The organisers' pages of rubrics: write one, see what a change would do, confirm it. Plain forms, no script."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from estrade.access.policy import require
from estrade.kernel.localtext import local
from estrade.kernel.refusal import Refused
from estrade.web.forms import PAGES_OF_THEIR_OWN
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.models import Rubric
from judging.rubric_forms import LANGUAGES, Row, criteria_sent, rearranged, rows_of, rows_sent, with_refusal
from judging.rubric_reads import RubricPage, earlier_editions, rubric_page
from judging.rubric_versions import change_rubric, preview_change, use_rubric
from judging.rubrics import NewCriterion, create_rubric, new_criteria_of, plain, rubric_of
from judging.usual_rubrics import usual_criteria, usual_rubrics

ARRANGING = ("add", "up", "down", "remove", "levels")
COPY = "edition-"


@require_http_methods(["GET", "HEAD", "POST"])
def rubric(request: PageRequest, slug: str, line: int = 0) -> HttpResponse:
    """Write a rubric. One in use is changed in two steps: what the change would do, and the word that it is meant."""
    page = rubric_page(person=request.user, edition=request.edition, line=line)
    if request.method != "POST":
        criteria, is_proposal = _begun(request, page)
        languages = _languages(request, criteria)
        return _form(request, page, rows_of(criteria, languages), languages, is_proposal=is_proposal)
    require(request.user, "edition.manage", request.edition)
    languages = _languages(request, [])
    rows, do = rows_sent(request.POST, languages), request.POST.get("do", "save")
    if do == "back":
        return _form(request, page, rows, languages, is_proposal=True)
    if do.partition("-")[0] in ARRANGING:
        return _form(request, page, rearranged(rows, do, languages), languages, is_proposal=True)
    criteria, rows = criteria_sent(rows)
    if any(row.error for row in rows):
        return _form(request, page, rows, languages, is_proposal=True, status=422)
    try:
        if page.in_use and do != "confirm":
            return _preview(request, page, criteria)
        return _saved(request, page, criteria)
    except Refused as refusal:
        if refusal.code in PAGES_OF_THEIR_OWN:
            raise
        status, sentence = status_and_sentence(refusal)
        if refusal.figures.get("field") == "reason":
            return _preview(request, page, criteria, error=sentence, status=status)
        return _form(request, page, with_refusal(rows, refusal), languages, is_proposal=True, error=sentence, status=status)


@require_POST
def further(request: PageRequest, slug: str) -> HttpResponse:
    """One rubric more, for a challenge or a round, beginning as the edition's own."""
    own = rubric_of(request.edition)
    challenge = request.POST.get("challenge", "")
    try:
        made = create_rubric(
            person=request.user,
            edition_id=request.edition.pk,
            criteria=new_criteria_of(own) if own else usual_criteria(),
            name={language: request.POST.get(f"name_{language}", "") for language in LANGUAGES},
            challenge_id=int(challenge) if challenge.isascii() and challenge.isdecimal() and len(challenge) < 18 else None,
        )
    except Refused as refusal:
        return _refused(request, refusal)
    messages.success(request, _("The rubric is there. Write its criteria; a round takes it under “Advanced”."))
    return redirect("judging:further_rubric", slug=slug, line=made.line)


@require_POST
def use(request: PageRequest, slug: str, round_id: int) -> HttpResponse:
    """Choose what an open round scores with."""
    chosen = request.POST.get("rubric", "")
    if not request.edition.rounds.filter(pk=round_id).exists():
        raise Refused("not_found")
    try:
        number = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 18 else 0
        use_rubric(person=request.user, round_id=round_id, rubric_id=number)
    except Refused as refusal:
        return _refused(request, refusal)
    messages.success(request, _("Saved."))
    return redirect("judging:rubric", slug=slug)


def _begun(request: PageRequest, page: RubricPage) -> tuple[list[NewCriterion], bool]:
    """What the form begins with, and whether that is only proposed: another rubric to start from, or the usual one."""
    wanted = request.GET.get("from", "")
    if wanted in usual_rubrics():
        return usual_rubrics()[wanted].criteria, True
    if wanted.startswith(COPY):
        earlier = {f"{COPY}{one.pk}": one for one in earlier_editions(person=request.user, edition=request.edition)}
        if wanted in earlier and (own := rubric_of(earlier[wanted])) is not None:
            return new_criteria_of(own), True
        raise Refused("not_found")
    if page.rubric is None:
        return usual_criteria(), True
    return new_criteria_of(page.rubric), False


def _saved(request: PageRequest, page: RubricPage, criteria: list[NewCriterion]) -> HttpResponse:
    if page.rubric is None:
        kept = create_rubric(person=request.user, edition_id=request.edition.pk, criteria=criteria)
        messages.success(request, _("The rubric is saved."))
    else:
        base = _base(request, page.rubric)
        kept = change_rubric(person=request.user, rubric_id=base, criteria=criteria, reason=request.POST.get("reason", ""))
        if kept.pk == base:
            messages.success(request, _("The rubric is saved."))
        else:
            said = _("Version %(n)s counts from now on. The jurors’ sheets show it.")
            messages.success(request, said % {"n": kept.version})
    # As it was kept: a value that was left without words is not described.
    _warn_of_old_words(request, new_criteria_of(kept))
    return redirect(request.path)


def _warn_of_old_words(request: PageRequest, criteria: list[NewCriterion]) -> None:
    """A scale made longer with the words of the old one calls its middle "Excellent"."""
    for one in criteria:
        last = max((Decimal(str(level["value"])) for level in one.levels), default=one.highest)
        if last < one.highest:
            facts = {"name": local(one.label, request.LANGUAGE_CODE), "highest": plain(one.highest), "last": plain(last)}
            said = _("“%(name)s” goes up to %(highest)s, what its values mean only to %(last)s. Describe the others, or none.")
            messages.warning(request, said % facts)


def _preview(
    request: PageRequest, page: RubricPage, criteria: list[NewCriterion], error: str = "", status: int = 200
) -> HttpResponse:
    assert page.rubric is not None
    found = preview_change(person=request.user, rubric_id=_base(request, page.rubric), criteria=criteria)
    if found.is_same:
        messages.success(request, _("Nothing has changed."))
        return redirect(request.path)
    kept = [(name, value) for name, value in request.POST.items() if name not in {"csrfmiddlewaretoken", "do", "reason"}]
    context = {"page": page, "preview": found, "kept": kept, "error": error, "reason": request.POST.get("reason", "")}
    return render(request, "judging/rubric_preview.html", context, status=status)


def _base(request: PageRequest, latest: Rubric) -> int:
    """The version that the form was made from."""
    sent = request.POST.get("base", "")
    known = latest.edition.rubrics.filter(line=latest.line).values_list("pk", flat=True)
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 18 and int(sent) in known else latest.pk


def _languages(request: PageRequest, criteria: list[NewCriterion]) -> list[str]:
    """The edition's languages, and those in which something is written already: nothing is dropped unseen."""
    own = list(request.edition.languages) or list(LANGUAGES)
    sent = request.POST.get("languages", "").split()
    written = [language for one in criteria for language in one.label]
    return list(dict.fromkeys([*own, *(one for one in [*sent, *written] if one in LANGUAGES)]))


def _form(  # noqa: PLR0913 - what one page shows
    request: PageRequest,
    page: RubricPage,
    rows: list[Row],
    languages: list[str],
    *,
    is_proposal: bool,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "page": page,
        "rows": rows,
        "written_in": languages,
        "names": [(language, LANGUAGES[language]) for language in languages if language in LANGUAGES],
        "is_proposal": is_proposal,
        "error": error,
        "templates": usual_rubrics().values(),
        "base": request.POST.get("base", "") or (page.rubric.pk if page.rubric else ""),
        "total": _total(rows),
        "may_change": page.may_change and not page.is_closed,
    }
    return render(request, "judging/rubric.html", context, status=status)


def _total(rows: list[Row]) -> Any:
    """What the weights add up to; None while a criterion cannot be read."""
    criteria, marked = criteria_sent(rows)
    return None if any(row.error for row in marked) else sum((one.weight for one in criteria), 0)


def _refused(request: PageRequest, refusal: Refused) -> HttpResponse:
    if refusal.code in PAGES_OF_THEIR_OWN:
        raise refusal
    messages.error(request, status_and_sentence(refusal)[1])
    return redirect("judging:rubric", slug=request.edition.slug)
