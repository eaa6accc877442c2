"""Asking to join a team, inviting somebody into one, and the answers.

Owns `Approach`. Who comes in, `teams.membership` decides under the team's lock. There are no words in it: nobody writes to
anybody, and organisers see every approach.
Words: a person *asks*, a team *invites*; both are *approaches*. Only what is on the board "Find a team" can be approached.
"""

from django.db import transaction
from django.db.models import QuerySet

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.events import ApproachMade
from teams.membership import News, close_approaches, locked_team, require_place, seat, streams_of, tell
from teams.models import Approach, Membership, Notice, Team


def ask_to_join(*, person: Person, edition_id: int, team_id: int) -> Approach:
    """Ask a team on the board. Asked again, nothing happens; a team that has invited the person takes
    them in, and the invitation is accepted.

    Refused: not_found (no such team on the board), already_in_team, team_full, school_full, wrong_phase, wrong_role.
    """
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "team.ask", edition)
        team = _team_on_board(edition, team_id)
        if _is_placed(edition, person):
            raise Refused("already_in_team")
        open_one = _open(team, person)
        if open_one is not None and open_one.kind == Approach.Kind.ASKED:
            return open_one
        require_place(team, person)
        if open_one is not None:
            tell(seat(team, person, actor=person), edition_id=edition.pk, actor=person)
            open_one.refresh_from_db()
            return open_one
        return _make(team, person, Approach.Kind.ASKED, actor=person)


def invite(*, person: Person, team_id: int, notice_id: int) -> Approach:
    """Invite somebody who is on the board. Invited again, nothing happens; who has asked already comes in,
    and the request is accepted.

    Refused: not_found, already_in_team, team_full, school_full, team_withdrawn, wrong_phase, wrong_role.
    """
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        _require_present(team)
        notice = (
            Notice.objects.filter(edition=team.edition_id, pk=notice_id, person__isnull=False).select_related("person").first()
        )
        if notice is None or notice.person is None:
            raise Refused("not_found")
        open_one = _open(team, notice.person)
        if open_one is not None and open_one.kind == Approach.Kind.INVITED:
            return open_one
        require_place(team, notice.person)
        if open_one is not None:
            tell(seat(team, notice.person, actor=person), edition_id=team.edition_id, actor=person)
            open_one.refresh_from_db()
            return open_one
        return _make(team, notice.person, Approach.Kind.INVITED, actor=person)


def answer_request(*, person: Person, team_id: int, approach_id: int, accept: bool) -> Approach:
    """The captain, or an organiser, says yes or no to who asked; to an invitation, no takes it back. An answer given
    twice changes nothing.

    Refused: not_found, approach_answered (otherwise meanwhile), already_in_team, team_full, school_full, team_withdrawn.
    """
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        approach = _locked(Approach.objects.filter(pk=approach_id, team=team))
        if approach.kind == Approach.Kind.INVITED and accept:
            raise Refused("not_found")
        refusal = Approach.State.TAKEN_BACK if approach.kind == Approach.Kind.INVITED else Approach.State.REFUSED
        return _answer(team, approach, accept=accept, refusal=refusal, actor=person)


def answer_invitation(*, person: Person, edition_id: int, approach_id: int, accept: bool) -> Approach:
    """The invited person says yes or no; to one's own request, no takes it back. Refused: as `answer_request`."""
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "team.ask", edition)
        mine = Approach.objects.filter(pk=approach_id, edition=edition, person=person)
        team = _team(edition, mine.values_list("team_id", flat=True).first() or 0)
        approach = _locked(mine)
        if approach.kind == Approach.Kind.ASKED and accept:
            raise Refused("not_found")
        refusal = Approach.State.TAKEN_BACK if approach.kind == Approach.Kind.ASKED else Approach.State.REFUSED
        return _answer(team, approach, accept=accept, refusal=refusal, actor=person)


def _answer(team: Team, approach: Approach, *, accept: bool, refusal: str, actor: Person) -> Approach:
    wanted = Approach.State.ACCEPTED if accept else refusal
    if approach.state != Approach.State.OPEN:
        if approach.state != wanted:
            raise Refused("approach_answered")
        return approach
    if accept:
        _require_present(team)
        require_place(team, approach.person)
        news = seat(team, approach.person, actor=actor)
    else:
        news = close_approaches(Approach.objects.filter(pk=approach.pk), wanted, actor=actor)
    tell(news, edition_id=team.edition_id, actor=actor)
    approach.refresh_from_db()
    return approach


def _make(team: Team, person: Person, kind: str, *, actor: Person) -> Approach:
    approach = Approach.objects.create(
        edition_id=team.edition_id, team=team, person=person, kind=kind, made_by=actor, made_at=db_now()
    )
    event = ApproachMade(team=team.pk, person=person.pk, by_team=kind == Approach.Kind.INVITED)
    news: News = [(event, streams_of(team, person.pk))]
    tell(news, edition_id=team.edition_id, actor=actor)
    return approach


def _locked(approaches: QuerySet[Approach]) -> Approach:
    approach = approaches.select_related("person").select_for_update(of=("self",), no_key=True).first()
    if approach is None:
        raise Refused("not_found")
    return approach


def _open(team: Team, person: Person) -> Approach | None:
    return team.approaches.filter(person=person, state=Approach.State.OPEN).first()


def _team_on_board(edition: Edition, team_id: int) -> Team:
    team = _team(edition, team_id)
    if team.withdrawn_at is not None or not Notice.objects.filter(team=team).exists():
        raise Refused("not_found")
    return team


def _team(edition: Edition, team_id: int) -> Team:
    teams = Team.objects.select_related("edition", "challenge").select_for_update(of=("self",), no_key=True)
    team = teams.filter(edition=edition, pk=team_id).first()
    if team is None:
        raise Refused("not_found")
    return team


def _require_present(team: Team) -> None:
    if team.withdrawn_at is not None:
        raise Refused("team_withdrawn")


def _is_placed(edition: Edition, person: Person) -> bool:
    return Membership.objects.filter(edition=edition, person=person).exists()


def _edition(edition_id: int) -> Edition:
    edition = Edition.objects.filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition
