"""The president's page, and its buttons: each is a plain form with an address of its own."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from estrade.access.policy import can, require
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.ballots import read_value
from judging.cockpit import Cockpit, cockpit_of
from judging.corrections import correct_score, void_ballot, waits_for_second
from judging.deliberation import add_minute, decide_tie, nudge_juror
from judging.feedback import feedback_of, release_feedback
from judging.models import Ballot, Seat
from judging.record import full_record, public_record
from judging.reveal import sign_off

# Refusals that a person who may look at the page can act upon: said on the page itself.
ELSEWHERE = frozenset({"wrong_role", "wrong_phase", "sign_in_first", "not_found"})


@require_safe
def cockpit(request: PageRequest, slug: str) -> HttpResponse:
    """Progress, warnings, evidence and decisions of the latest round, or of the one in the address."""
    return _page(request, _shown(request, _round_asked(request)))


@require_POST
def nudge(request: PageRequest, slug: str, seat: int) -> HttpResponse:
    """A word to a juror whose ballots are missing."""
    pk = Seat.objects.get(pk=seat, round__edition=request.edition).pk
    return _do(request, lambda: nudge_juror(person=request.user, seat_id=pk), _("The juror sees it on the sheet."), "matrix")


@require_POST
def minute(request: PageRequest, slug: str) -> HttpResponse:
    """Write down what was said."""
    text = request.POST.get("text", "")
    act = lambda: add_minute(person=request.user, round_id=_round_id(request), text=text)  # noqa: E731 - one line, one act
    return _do(request, act, _("Minuted."), "minutes")


@require_POST
def tie(request: PageRequest, slug: str) -> HttpResponse:
    """The chair's order of teams that share a rank: each has a place from 1."""
    typed = {key[6:]: str(value) for key, value in request.POST.items() if key.startswith("place-")}
    places = {int(team): int(place) for team, place in typed.items() if team.isdecimal() and place.isdecimal()}
    order = sorted(places, key=lambda team: places[team])

    def act() -> object:
        if len(set(places.values())) != len(places):
            raise Refused("places_not_distinct")
        return decide_tie(person=request.user, round_id=_round_id(request), order=order, reason=request.POST.get("reason", ""))

    return _do(request, act, _("Decided and minuted."), "ties")


@require_POST
def void(request: PageRequest, slug: str, ballot: int) -> HttpResponse:
    """Take a ballot out of the count."""
    found = Ballot.objects.select_related("seat__round").get(pk=ballot, team__edition=request.edition)
    act = lambda: void_ballot(person=request.user, ballot_id=found.pk, reason=request.POST.get("reason", ""))  # noqa: E731 - one act
    said = _said(request, _("The ballot is out of the count. It stays in the record."))
    return _do(request, act, said, "evidence", number=found.seat.round.number)


@require_POST
def correct(request: PageRequest, slug: str, ballot: int) -> HttpResponse:
    """Put one score right."""
    found = Ballot.objects.select_related("seat__round").get(pk=ballot, team__edition=request.edition)

    def act() -> object:
        value = read_value(request.POST.get("value", ""), from_form=True)
        criterion = request.POST.get("criterion", "")
        if value is None or not criterion.isdigit():
            raise Refused("score_not_a_number", field="value")
        reason = request.POST.get("reason", "")
        return correct_score(person=request.user, ballot_id=found.pk, criterion_id=int(criterion), value=value, reason=reason)

    said = _said(request, _("Score corrected. The record says why."))
    return _do(request, act, said, "evidence", number=found.seat.round.number)


@require_POST
def sign(request: PageRequest, slug: str) -> HttpResponse:
    """Put one's name under the ranking."""
    signed: list[Any] = []

    def act() -> None:
        signed.append(sign_off(person=request.user, round_id=_round_id(request), reason=request.POST.get("reason", "")))

    answer = _do(request, act, "", "sign")
    if signed:
        said = _("Signed. The results are closed.") if signed[0] else _("Signed. The other signature is still missing.")
        messages.success(request, said)
    return answer


@require_POST
def release(request: PageRequest, slug: str) -> HttpResponse:
    """Let the teams read their feedback."""
    act = lambda: release_feedback(person=request.user, edition_id=request.edition.pk)  # noqa: E731 - one line, one act
    return _do(request, act, _("The teams can read their feedback."), "sign")


@require_safe
def feedback(request: PageRequest, slug: str) -> HttpResponse:
    """A team's own page: what the jury thought, criterion by criterion."""
    own = feedback_of(person=request.user, edition=request.edition)
    return render(request, "judging/feedback.html", {"feedback": own})


@require_safe
def record_data(request: PageRequest, slug: str, version: int) -> HttpResponse:
    """The data file of one version, with names; of the latest round, or of the one in the address."""
    kept = full_record(person=request.user, edition=request.edition, version=version, number=_round_asked(request))
    return _attached(
        JsonResponse(kept.content, json_dumps_params={"indent": 1, "ensure_ascii": False}), f"{slug}-jury-{version}.json"
    )


@require_safe
def record_document(request: PageRequest, slug: str, version: int) -> HttpResponse:
    """The same as a document to print and to sign by hand."""
    kept = full_record(person=request.user, edition=request.edition, version=version, number=_round_asked(request))
    # Reading reportlab takes a moment that no start should wait for.
    from judging.record_pdf import record_pdf  # noqa: PLC0415 - see above

    body = record_pdf(kept.content, language=request.LANGUAGE_CODE, digest=kept.digest)
    return _attached(HttpResponse(body, content_type="application/pdf"), f"{slug}-jury-{version}.pdf")


@require_safe
def public_data(request: PageRequest, slug: str) -> HttpResponse:
    """The data file for everybody, once the results are public: no juror's name in it."""
    content = public_record(person=request.user, edition=request.edition)
    return _attached(JsonResponse(content, json_dumps_params={"indent": 1, "ensure_ascii": False}), f"{slug}-jury.json")


def _said(request: PageRequest, done: str) -> str:
    return _("Asked for. It is done when another organiser confirms it.") if waits_for_second(request.edition) else done


def _shown(request: PageRequest, number: int | None) -> Cockpit | None:
    everybody = request.GET.get("teams") == "all"
    return cockpit_of(person=request.user, edition=request.edition, now=db_now(), number=number, every_team=everybody)


def _do(request: PageRequest, act: Callable[[], object], said: str, where: str, *, number: int | None = None) -> HttpResponse:
    """Act, say how it went, and go back to the place on the page; what another status says is said with that status.

    `number`: the round whose page it was, None for the latest.
    """
    require(request.user, "standings.read", request.edition)
    try:
        act()
    except Refused as refusal:
        if refusal.code in ELSEWHERE:
            raise
        status, sentence = status_and_sentence(refusal)
        return _page(request, _shown(request, number), refused=sentence, status=status)
    if said:
        messages.success(request, said)
    answer = redirect("judging:cockpit", slug=request.edition.slug)
    answer["Location"] += f"#{where}" if number is None else f"?round={number}#{where}"
    return answer


def _page(request: PageRequest, shown: Cockpit | None, *, refused: str = "", status: int = 200) -> HttpResponse:
    """Organisers find the page within their menu, the chair alone."""
    within = can(request.user, "edition.control", request.edition)
    layout = "judging/cockpit_orga.html" if within else "judging/cockpit_page.html"
    return render(
        request,
        "judging/cockpit.html",
        {"cockpit": shown, "refused": refused, "layout": layout, "edition_control": within},
        status=status,
    )


def _round_asked(request: PageRequest) -> int | None:
    number = request.GET.get("round", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 5 else None


def _round_id(request: PageRequest) -> int:
    round_ = request.edition.rounds.order_by("-number").first()
    if round_ is None:
        raise Http404
    return int(round_.pk)


def _attached(answer: HttpResponse, name: str) -> HttpResponse:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
