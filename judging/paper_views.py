"""The paper sheets: printed for jurors without a telephone, typed in by one person and once more by another."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from estrade.access.policy import can, require
from estrade.kernel.refusal import Refused
from estrade.web.hosts import shown_origin
from estrade.web.qr import qr_code
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.ballots import read_value
from judging.conflicts import bar
from judging.models import Ballot, Criterion, PaperSheet, Seat
from judging.paper import (
    ballot_by_code,
    code_of,
    discard_sheet,
    open_on,
    paper_ballot,
    paper_desk,
    settle_sheet,
    sheets_to_print,
    type_sheet,
)
from judging.reads import scale_of
from judging.reasons import CHOICES, SAID
from judging.remarks import WHICH

# More sheets than these in one go make a page that no browser prints well.
MOST_AT_ONCE = 300
MOST_CIRCLES = 11
PLAIN = frozenset({"sign_in_first", "wrong_role", "wrong_phase", "not_found"})


@require_safe
def desk(request: PageRequest, slug: str) -> HttpResponse:
    """What waits for a second person, what is to be settled, and the way to one sheet by its code."""
    found = paper_desk(person=request.user, edition=request.edition)
    code = request.GET.get("code", "")[:40]
    if code:
        ballot = ballot_by_code(person=request.user, edition=request.edition, code=code)
        if ballot is not None:
            return redirect("judging:paper_sheet", slug=slug, ballot_id=ballot.pk)
        messages.error(request, _("There is no open sheet with the code %(code)s.") % {"code": code})
    context = {"desk": found, "may_settle": can(request.user, "paper.settle", request.edition), "layout": _layout(request)}
    context["may_print"] = can(request.user, "edition.control", request.edition)
    return render(request, "judging/paper.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: PageRequest, slug: str, ballot_id: int) -> HttpResponse:
    """One sheet: typed in, typed in again, settled, or put aside."""
    ballot = paper_ballot(person=request.user, edition=request.edition, ballot_id=ballot_id)
    criteria = list(ballot.seat.round.rubric.criteria.order_by("position", "pk"))
    refused = ""
    if request.method == "POST":
        try:
            said = _act(request, ballot, criteria)
        except Refused as refusal:
            if refusal.code in PLAIN:
                raise
            refused = status_and_sentence(refusal)[1]
        else:
            messages.success(request, said)
            return redirect("judging:paper", slug=slug)
    return render(request, "judging/paper_sheet.html", _shown(request, ballot, criteria, refused), status=422 if refused else 200)


@require_safe
def to_print(request: PageRequest, slug: str) -> HttpResponse:
    """Sheets to print: one for each juror and team, or one list for each juror."""
    require(request.user, "edition.control", request.edition)
    round_ = request.edition.rounds.select_related("rubric").order_by("-number").first()
    seats = list(round_.seats.filter(stood_down_at=None).select_related("person")) if round_ else []
    is_list = request.GET.get("kind", "list") != "each"
    chosen = next((one for one in seats if str(one.pk) == request.GET.get("seat")), None)
    if round_ is None:
        ballots: list[Ballot] = []
    else:
        ballots = sheets_to_print(edition=request.edition, round_=round_, seat_id=chosen.pk if chosen else None)
    is_much = not is_list and len(ballots) > MOST_AT_ONCE
    context = {
        "round": round_,
        "seats": seats,
        "chosen": chosen,
        "is_list": is_list,
        "is_much": is_much,
        "may_type": can(request.user, "paper.type", request.edition),
        "columns": _columns(list(round_.rubric.criteria.order_by("position", "pk"))) if round_ else [],
        "lists": _lists(request, ballots) if is_list else [],
        "sheets": [] if is_list or is_much else [(one, code_of(one), _qr_of(request, one)) for one in ballots],
    }
    return render(request, "judging/paper_print.html", context)


@dataclass(frozen=True)
class Column:
    """A criterion on paper: its share of the total, and circles for its values where they fit on a line."""

    criterion: Criterion
    percent: Decimal
    values: list[tuple[str, dict[str, Any]]]


def _columns(criteria: list[Criterion]) -> list[Column]:
    total = sum((one.weight for one in criteria), Decimal(0)) or Decimal(1)
    scales = [(one, scale_of(one)) for one in criteria]
    return [Column(one, 100 * one.weight / total, scale if len(scale) <= MOST_CIRCLES else []) for one, scale in scales]


def _lists(request: HttpRequest, ballots: list[Ballot]) -> list[tuple[Seat, list[tuple[Ballot, str]], str]]:
    of_seat: dict[Seat, list[tuple[Ballot, str]]] = {}
    for ballot in ballots:
        of_seat.setdefault(ballot.seat, []).append((ballot, code_of(ballot)))
    return [(seat, lines, _qr_of(request, seat)) for seat, lines in of_seat.items()]


def _qr_of(request: Any, thing: Ballot | Seat) -> str:
    """The page that types the sheet in; of a list, the place of the juror on the page of all sheets."""
    slug = request.edition.slug
    if isinstance(thing, Ballot):
        address = reverse("judging:paper_sheet", args=[slug, thing.pk])
    else:
        address = reverse("judging:paper", args=[slug]) + f"#{thing.code}"
    return qr_code(shown_origin(request) + address)


def _act(request: PageRequest, ballot: Ballot, criteria: list[Criterion]) -> str:
    """Carry out the form that was sent. What to say then."""
    way, facts = request.POST.get("way", ""), {"person": request.user, "ballot_id": ballot.pk}
    if way == "settle":
        choices = {one.pk: request.POST.get(f"choice-{one.pk}", "") for one in criteria}
        versions = {one.pk: _number(request.POST, f"version-{one.pk}") for one in criteria}
        settle_sheet(**facts, choices=choices, versions=versions)
        return _("Settled: the sheet counts.")
    if way == "discard":
        discard_sheet(**facts)
        return _("Both readings are gone. The sheet can be typed in again.")
    if way == "conflict" and (kind := request.POST.get("kind", "")) in SAID:
        bar(person=request.user, seat_id=ballot.seat_id, team_id=ballot.team_id, reason=SAID[kind])
        return _("The conflict of interest is noted: this ballot does not count.")
    marks = {one.pk: read_value(request.POST.get(f"score-{one.pk}"), from_form=True) for one in criteria}
    comment, feedback = (request.POST.get(which, "") for which in WHICH)
    typed = type_sheet(person=request.user, ballot_id=ballot.pk, marks=marks, comment=comment, feedback=feedback)
    if typed.second_at is None:
        return _("Typed in. Somebody else types it in once more; until then it does not count.")
    if typed.done_at is None:
        return _("Read twice, with differences: an organiser settles them.")
    return _("Read twice and the same: the sheet counts.")


def _number(data: Mapping[str, str], name: str) -> int:
    typed = data.get(name, "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else -1


def _written(text: str) -> str:
    return number_format(Decimal(text), use_l10n=True) if text else ""


def _shown(request: PageRequest, ballot: Ballot, criteria: list[Criterion], refused: str) -> dict[str, Any]:
    typed = PaperSheet.objects.filter(ballot=ballot).select_related("first", "second", "settled_by").first()
    is_mine = typed is not None and typed.first_id == request.user.pk
    # Whoever reads it the second time does not see the first reading.
    known = typed.first_marks if typed is not None and is_mine else {}
    posted = request.POST if refused else {}
    return {
        "ballot": ballot,
        "code": code_of(ballot),
        "typed": typed,
        "is_mine": is_mine,
        "fields": [(one, posted.get(f"score-{one.pk}", _written(known.get(one.key, "")))) for one in criteria],
        "comment": posted.get("comment", typed.comment if typed else ""),
        "feedback": posted.get("feedback", typed.feedback if typed else ""),
        "open": open_on(typed) if typed else [],
        "may_settle": can(request.user, "paper.settle", request.edition),
        "may_bar": can(request.user, "edition.manage", request.edition),
        "choices": CHOICES,
        "refused": refused,
        "layout": _layout(request),
    }


def _layout(request: PageRequest) -> str:
    """Organisers find the page within their menu, who helps in the room alone."""
    within = can(request.user, "edition.control", request.edition)
    return "judging/cockpit_orga.html" if within else "judging/cockpit_page.html"
