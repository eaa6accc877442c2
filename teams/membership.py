"""Who is in which team.

Owns teams, their members and captains. Never touches what a team hands in: that is `teams.submissions`.
Words: the *captain* hands in; the *join code* is what a captain gives to friends.
"""

from django.db import IntegrityError, transaction
from django.db.models import Max

from challenges.models import Challenge
from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, DomainEvent, challenge_stream, record, team_stream
from estrade.kernel.cleantext import folded, not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.attempts import CODES_PER_ACCOUNT, CODES_PER_EDITION, count_attempt, forgive_attempt
from estrade.people.models import Person
from teams.events import CaptainChanged, MemberJoined, MemberLeft, TeamChanged, TeamCreated, TeamWithdrawn
from teams.models import Membership, Submission, Team

NAME_LIMIT = 60


def create_team(*, person: Person, edition_id: int, name: str, challenge_id: int | None = None) -> Team:
    """Found a team. A participant becomes its captain and first member; an organiser founds an empty one.

    Refused: name_missing, too_long, name_taken (also by a name that looks equal), already_in_team,
    challenge_full, not_found.
    """
    name = _clean_name(name)
    with transaction.atomic():
        edition = _edition_locked_for_teams(edition_id)
        now = db_now()
        require(person, "team.create", edition, at=now)
        _require_free_name(edition_id, name)
        challenge = _choosable_challenge(edition_id, challenge_id)
        last = Team.objects.filter(edition=edition).aggregate(last=Max("number"))["last"] or 0
        team = Team.objects.create(edition=edition, challenge=challenge, name=name, number=last + 1)
        Submission.objects.create(team=team)
        _tell(team, TeamCreated(team=team.pk, challenge=challenge_id), actor=person)
        if "participant" in edition.roles_of(person):
            _add(team, person)
            _welcome(team, person, actor=person)
    return team


def join_team(*, person: Person, edition_id: int, code: str) -> Team:
    """Enter a team by its code; nothing happens for somebody who is already in it.

    Refused: too_many_attempts (ten wrong codes an hour per account, a hundred per edition), code_unknown,
    already_in_team.
    """
    keys = {f"codes of {person.pk}": CODES_PER_ACCOUNT, f"codes in {edition_id}": CODES_PER_EDITION}
    for key, limit in keys.items():
        count_attempt(key, limit=limit)
    wanted = "".join(one_line(code).upper().replace("-", " ").split())
    with transaction.atomic():
        teams = Team.objects.filter(edition_id=edition_id, withdrawn_at__isnull=True).select_related("edition", "challenge")
        team = teams.select_for_update(of=("self",), no_key=True).filter(join_code=wanted).first()
        if team is None:
            raise Refused("code_unknown")
        require(person, "team.join", team)
        if not team.memberships.filter(person=person).exists():
            _add(team, person)
            _welcome(team, person, actor=person)
    for key in keys:
        forgive_attempt(key)
    return team


def add_member(*, person: Person, team_id: int, member: Person) -> Team:
    """Put a participant of the edition into a team, the first one as captain. Refused: already_in_team, wrong_role."""
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        if "participant" not in team.edition.roles_of(member):
            raise Refused("not_a_participant")
        if team.memberships.filter(person=member).exists():
            return team
        _add(team, member)
        _audit(team, person, "team.add", after=member.pk)
        _welcome(team, member, actor=person)
    return team


def leave_team(*, person: Person, team_id: int) -> None:
    """Go. A captain who leaves hands over to whoever joined first. Refused: not_found for who is not in it."""
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.join", team)
        if not team.memberships.filter(person=person).delete()[0]:
            raise Refused("not_found")
        if team.captain_id == person.pk:
            next_one = team.memberships.select_related("person").first()
            _name_captain(team, next_one.person if next_one else None, actor=person)
        _tell(team, MemberLeft(team=team.pk, person=person.pk), actor=person)


def change_captain(*, person: Person, team_id: int, to_person_id: int) -> Team:
    """Hand over the right to hand in. Refused: not_a_member."""
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        member = team.memberships.filter(person_id=to_person_id).select_related("person").first()
        if member is None:
            raise Refused("not_a_member")
        if team.captain_id != to_person_id:
            _audit(team, person, "team.captain", before=team.captain_id, after=to_person_id)
            _name_captain(team, member.person, actor=person)
    return team


def change_team(*, person: Person, team_id: int, name: str, challenge_id: int | None) -> Team:
    """Give a team another name or challenge. Refused: name_missing, too_long, name_taken, challenge_full."""
    name = _clean_name(name)
    with transaction.atomic():
        # The edition first, as in create_team: names are compared under its lock.
        edition_id = Team.objects.filter(pk=team_id).values_list("edition_id", flat=True).first()
        _edition_locked_for_teams(edition_id or 0)
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        _require_free_name(team.edition_id, name, besides=team.pk)
        before = {"name": team.name, "challenge": team.challenge_id}
        if challenge_id != team.challenge_id:
            team.challenge = _choosable_challenge(team.edition_id, challenge_id)
        team.name = name
        team.save(update_fields=["name", "challenge"])
        _audit(team, person, "team.change", before=before, after={"name": name, "challenge": challenge_id})
        _tell(team, TeamChanged(team=team.pk, challenge=challenge_id), actor=person)
    return team


def withdraw_team(*, person: Person, team_id: int, reason: str) -> Team:
    """Take a team out of the competition, with a reason; nothing is deleted. Refused: reason_required."""
    reason = not_longer("reason", one_line(reason), 200)
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.withdraw", team)
        if not reason:
            raise Refused("reason_required", field="reason")
        if team.withdrawn_at is None:
            team.withdrawn_at = db_now()
            team.save(update_fields=["withdrawn_at"])
            _audit(team, person, "team.withdraw", reason=reason)
            _tell(team, TeamWithdrawn(team=team.pk), actor=person)
    return team


def locked_team(person: Person, team_id: int) -> Team:
    """The team, its row held until the transaction ends; Refused("not_found") for whoever has no business with it."""
    teams = Team.objects.select_related("edition", "challenge").select_for_update(of=("self",), no_key=True)
    team = teams.filter(pk=team_id).first()
    if team is None or not team.roles_of(person) & {"organiser", "own:participant", "own:partner", "juror", "facilitator"}:
        raise Refused("not_found")
    return team


def _clean_name(name: str) -> str:
    name = not_longer("name", one_line(name), NAME_LIMIT)
    if not name:
        raise Refused("name_missing", field="name")
    return name


def _edition_locked_for_teams(edition_id: int) -> Edition:
    """Numbers and names are given out one team at a time; the weak lock leaves foreign keys alone."""
    edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition


def _require_free_name(edition_id: int, name: str, *, besides: int = 0) -> None:
    names = Team.objects.filter(edition_id=edition_id).exclude(pk=besides).values_list("name", flat=True)
    if folded(name) in {folded(taken) for taken in names}:
        raise Refused("name_taken", field="name")


def _choosable_challenge(edition_id: int, challenge_id: int | None) -> Challenge | None:
    if challenge_id is None:
        return None
    public = Challenge.objects.filter(edition_id=edition_id, published_at__isnull=False)
    challenge = public.select_for_update(no_key=True).filter(pk=challenge_id).first()
    if challenge is None:
        raise Refused("not_found")
    if challenge.capacity is not None and challenge.teams.filter(withdrawn_at__isnull=True).count() >= challenge.capacity:
        raise Refused("challenge_full", limit=challenge.capacity)
    return challenge


def _add(team: Team, person: Person) -> None:
    try:
        with transaction.atomic():
            Membership.objects.create(edition_id=team.edition_id, team=team, person=person)
    except IntegrityError as elsewhere:
        raise Refused("already_in_team") from elsewhere


def _welcome(team: Team, person: Person, *, actor: Person) -> None:
    """Say that somebody is in; the first one in is the captain."""
    _tell(team, MemberJoined(team=team.pk, person=person.pk), actor=actor)
    if team.captain_id is None:
        _name_captain(team, person, actor=actor)


def _name_captain(team: Team, person: Person | None, *, actor: Person) -> None:
    team.captain = person
    team.save(update_fields=["captain"])
    _tell(team, CaptainChanged(team=team.pk, person=person.pk if person else None), actor=actor)


def _audit(team: Team, person: Person, action: str, *, before: object = None, after: object = None, reason: str = "") -> None:
    audit(
        edition_id=team.edition_id,
        actor_id=person.pk,
        action=action,
        thing=f"team {team.pk}",
        before=before,
        after=after,
        reason=reason,
    )


def _tell(team: Team, event: DomainEvent, *, actor: Person) -> None:
    on = [ORGANISERS, team_stream(team.pk)]
    if team.challenge_id is not None:
        on.append(challenge_stream(team.challenge_id))
    record(event, edition_id=team.edition_id, on=on, actor_id=actor.pk)
