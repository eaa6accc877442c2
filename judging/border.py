"""The border of an open final, looked at again: who would go on by the order of the round before as it is now.

Owns the decision about it. A correction of the round before, or a team that withdrew, changes nobody's place in the final by
itself: an organiser decides, with a reason, and the decision goes into the minutes of the final. Who is on stage or has
been scored in the final stays in it; before that the final can be given the teams of the order as it is now.
"""

import hashlib
import json
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.boards import ask_board
from judging.deliberation import write_minute
from judging.finals import carry_conflicts, who_goes_on
from judging.models import Advance, Ballot, Minute, Round, SignOff
from judging.planning import field_of, fill_up, with_begun, write_ballots
from teams.models import Team

LONGEST_REASON = 500
# The final stays as it is; who would go on now joins it; it has the teams of the order as it is now.
LEAVE, LET_IN, EXCHANGE = WAYS = ("leave", "let-in", "exchange")


@dataclass(frozen=True, kw_only=True)
class Border:
    """What differs between the final and the order it came from. `key` changes whenever that does.

    `missing` would go on and are not in the final; `extra` are in it and would not go on, and of these `begun` are on its
    stage or have something on a ballot of it; `decided`: what was said to exactly this, None while it waits.
    """

    final: Round
    missing: list[Team]
    extra: list[Team]
    begun: list[Team]
    going: list[int]
    decided: Minute | None
    key: str


def border_of(edition: Edition) -> Border | None:
    """The border of the edition's final; None without a final, and while the same teams would go on."""
    final = edition.rounds.order_by("-number").first()
    if final is None or not final.is_final:
        return None
    final.edition = edition
    before = Round.objects.select_related("edition").get(edition=edition, number=final.number - 1)
    # In the rehearsal of a final nobody has played the round before.
    if not SignOff.objects.filter(round=before).exists():
        return None
    going = {line.team.pk: line.team for line in who_goes_on(before).lines if line.goes_on}
    inside = {team.pk: team for team in final.teams()}
    missing = sorted((going[pk] for pk in going.keys() - inside.keys()), key=lambda team: team.number)
    extra = sorted(
        (team for pk, team in inside.items() if pk not in going and team.withdrawn_at is None), key=lambda team: team.number
    )
    if not missing and not extra:
        return None
    facts = [[team.pk for team in missing], [team.pk for team in extra]]
    listed = sorted(going)
    last = final.minutes.filter(kind=Minute.Kind.BORDER).select_related("person").order_by("-pk").first()
    return Border(
        final=final,
        missing=missing,
        extra=extra,
        begun=_begun(final, extra),
        going=listed,
        decided=last if last is not None and last.order == listed else None,
        key=hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32],
    )


def decide_border(*, person: Person, edition_id: int, key: str, way: str, reason: str) -> Minute:
    """Leave the final as it is, let those in who would go on now, with ballots of its jurors, or give it the teams of the order.

    Each is minuted. Refused: `choice_invalid`, `reason_required`, `too_long`, `plan_outdated` when something else differs than
    the person saw, `round_closed` when the final is signed and is to change, `final_begun` (team) when a team that is on
    stage or has been scored in the final would have to leave it.
    """
    if way not in WAYS:
        raise Refused("choice_invalid", field="way")
    reason = not_longer("reason", one_line(reason), LONGEST_REASON)
    with transaction.atomic():
        edition = locked_edition(edition_id)
        require(person, "edition.manage", edition)
        border = border_of(edition)
        if border is None or border.key != key:
            raise Refused("plan_outdated")
        if not reason:
            raise Refused("reason_required", field="reason")
        final = Round.objects.select_for_update(no_key=True).get(pk=border.final.pk)
        final.edition = edition
        if way != LEAVE and final.closed_at is not None:
            raise Refused("round_closed")
        if way == EXCHANGE:
            _take_out(final, border, actor_id=person.pk)
        if way != LEAVE:
            Advance.objects.bulk_create(Advance(round=final, team=team) for team in border.missing)
            fill_up(final, actor_id=person.pk)
            carry_conflicts(final, actor_id=person.pk)
            ask_board(final.pk)
        audit(
            edition_id=edition_id, actor_id=person.pk, action="final.border", thing=f"round {final.pk}",
            before={"missing": [team.number for team in border.missing], "extra": [team.number for team in border.extra]},
            after=way, reason=reason,
        )  # fmt: skip
        words = f"{changes_text(border)} {_decision_text(way)} {reason}"
        return write_minute(final, person, Minute(kind=Minute.Kind.BORDER, text=words, order=border.going))


def changes_text(border: Border) -> str:
    """What differs, in one or two sentences."""
    said = []
    if border.missing:
        said.append(
            _("By the order as it is now, these would go on to the final: %(teams)s.") % {"teams": _names(border.missing)}
        )
    if border.extra:
        said.append(_("These are in the final and would not go on: %(teams)s.") % {"teams": _names(border.extra)})
    return " ".join(said)


def _decision_text(way: str) -> str:
    if way == EXCHANGE:
        return _("Decided: the final has the teams of the order as it is now.")
    return (
        _("Decided: they join the final, and who is in it stays.") if way == LET_IN else _("Decided: the final stays as it is.")
    )


def _begun(final: Round, teams: list[Team]) -> list[Team]:
    """Those that the final has begun with: on stage, or with something on a ballot."""
    ballots = with_begun(Ballot.objects.filter(seat__round=final, team__in=teams))
    begun = {final.on_stage_id, *(one.team_id for one in ballots if one.is_begun)}  # type: ignore[attr-defined]  # annotated
    return [team for team in teams if team.pk in begun]


def _take_out(final: Round, border: Border, *, actor_id: int) -> None:
    """Those who would not go on leave the final, with their ballots, on which nothing stands."""
    # Who is writing a first score finishes first, and then the team has begun.
    ballots = Ballot.objects.filter(seat__round=final, team__in=border.extra)
    pairs = {(one.seat_id, one.team_id) for one in ballots.select_for_update(no_key=True, of=("self",)).order_by("pk")}
    if begun := _begun(final, border.extra):
        raise Refused("final_begun", team=begun[0].name)
    write_ballots(field_of(final), (), taken=pairs, actor_id=actor_id)
    # What is left was barred by a conflict of interest, and is nobody's ballot without its team.
    ballots.delete()
    Advance.objects.filter(round=final, team__in=border.extra).delete()


def _names(teams: list[Team]) -> str:
    return ", ".join(team.name for team in teams)
