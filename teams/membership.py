"""Who is in which team.

Owns teams, their members and captains. Never touches what a team hands in: that is `teams.submissions`.
Words: the *captain* hands in; the *join code* is what a captain gives to friends.
The edition's rules (largest team, most from one school) hold for everybody who comes in of their own accord, counted
under the team's lock; an organiser who puts somebody in by hand sees a warning instead.
"""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from challenges.models import Challenge
from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, PARTICIPANTS, DomainEvent, challenge_stream, person_stream, record, team_stream
from estrade.kernel.cleantext import folded, not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.kernel.tokens import readable_code
from estrade.people.attempts import CODES_PER_ACCOUNT, CODES_PER_EDITION, count_attempt, forgive_attempt
from estrade.people.models import Person, Role
from teams.events import (
    ApproachAnswered,
    CaptainChanged,
    CodeChanged,
    FindBoardChanged,
    MemberJoined,
    MemberLeft,
    TeamChanged,
    TeamCreated,
    TeamWithdrawn,
)
from teams.models import Approach, Membership, Notice, Submission, Team

NAME_LIMIT = 60

# What is to be told, and on which streams.
News = list[tuple[DomainEvent, set[str]]]


def create_team(*, person: Person, edition_id: int, name: str, challenge_id: int | None = None) -> Team:
    """Found a team. A participant becomes its captain and first member; an organiser founds an empty one.

    Refused: name_missing, too_long, name_taken (also by a name that looks equal), already_in_team,
    challenge_full, not_found.
    """
    name = clean_name(name)
    with transaction.atomic():
        edition = edition_locked_for_teams(edition_id)
        now = db_now()
        require(person, "team.create", edition, at=now)
        require_free_name(edition_id, name)
        challenge = choosable_challenge(edition_id, challenge_id)
        last = Team.objects.filter(edition=edition).aggregate(last=Max("number"))["last"] or 0
        team = Team.objects.create(edition=edition, challenge=challenge, name=name, number=last + 1)
        Submission.objects.create(team=team)
        news: News = [(TeamCreated(team=team.pk, challenge=challenge_id), streams_of(team))]
        if "participant" in edition.roles_of(person):
            news += seat(team, person, actor=person)
        tell(news, edition_id=edition_id, actor=person)
    return team


def join_team(*, person: Person, edition_id: int, code: str) -> Team:
    """Enter a team by its code; nothing happens for somebody who is already in it.

    Refused: too_many_attempts (ten wrong codes an hour per account, a hundred per edition), code_unknown,
    already_in_team, team_full, school_full.
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
            require_place(team, person)
            tell(seat(team, person, actor=person), edition_id=edition_id, actor=person)
    for key in keys:
        forgive_attempt(key)
    return team


def add_member(*, person: Person, team_id: int, member: Person) -> Team:
    """Put a participant of the edition into a team, the first one as captain. Refused: already_in_team, wrong_role."""
    return add_members(person=person, team_id=team_id, members=[member])


def add_members(*, person: Person, team_id: int, members: Sequence[Person]) -> Team:
    """Put all of these into a team, or none: the team is locked and the right asked for once. Refused: as in add_member."""
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        inside = set(team.memberships.values_list("person_id", flat=True))
        news: News = []
        for member in members:
            if "participant" not in team.edition.roles_of(member):
                raise Refused("not_a_participant")
            if member.pk not in inside:
                audit_team(team, person, "team.add", after=member.pk)
                news += seat(team, member, actor=person)
        tell(news, edition_id=team.edition_id, actor=person)
    return team


def leave_team(*, person: Person, team_id: int) -> None:
    """Go. A captain who leaves hands over to whoever joined first; with its last member a team withdraws, so that its
    challenge has a place again. Refused: not_found for who is not in it.
    """
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.join", team)
        news = unseat(team, person.pk)
        if not news:
            raise Refused("not_found")
        if team.withdrawn_at is None and not team.memberships.exists():
            news += withdraw(team, actor=person)
        tell(news, edition_id=team.edition_id, actor=person)


def remove_member(*, person: Person, team_id: int, member_id: int) -> Team:
    """Take somebody out of the team. A captain leaves by handing over, not by this. Refused: not_a_member, hand_over_first."""
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        if member_id == team.captain_id == person.pk:
            raise Refused("hand_over_first")
        news = unseat(team, member_id)
        if not news:
            raise Refused("not_a_member")
        audit_team(team, person, "team.remove", before=member_id)
        tell(news, edition_id=team.edition_id, actor=person)
    return team


def change_code(*, person: Person, team_id: int) -> Team:
    """Give the team another code to join: the one that went round too far lets nobody in any more."""
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        team.join_code = readable_code()
        team.save(update_fields=["join_code"])
        audit_team(team, person, "team.code")
        tell([(CodeChanged(team=team.pk), streams_of(team))], edition_id=team.edition_id, actor=person)
    return team


def change_captain(*, person: Person, team_id: int, to_person_id: int) -> Team:
    """Hand over the right to hand in. Refused: not_a_member."""
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        member = team.memberships.filter(person_id=to_person_id).select_related("person").first()
        if member is None:
            raise Refused("not_a_member")
        if team.captain_id != to_person_id:
            audit_team(team, person, "team.captain", before=team.captain_id, after=to_person_id)
            tell(name_captain(team, member.person), edition_id=team.edition_id, actor=person)
    return team


def change_team(*, person: Person, team_id: int, name: str, challenge_id: int | None) -> Team:
    """Give a team another name or challenge. Refused: name_missing, too_long, name_taken, challenge_full."""
    name = clean_name(name)
    with transaction.atomic():
        # The edition first, as in create_team: names are compared under its lock.
        edition_id = Team.objects.filter(pk=team_id).values_list("edition_id", flat=True).first()
        edition_locked_for_teams(edition_id or 0)
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        require_free_name(team.edition_id, name, besides=team.pk)
        before = {"name": team.name, "challenge": team.challenge_id}
        if team.withdrawn_at is not None:
            raise Refused("team_withdrawn")
        if challenge_id != team.challenge_id:
            team.challenge = choosable_challenge(team.edition_id, challenge_id)
        team.name = name
        team.save(update_fields=["name", "challenge"])
        audit_team(team, person, "team.change", before=before, after={"name": name, "challenge": challenge_id})
        changed = TeamChanged(team=team.pk, challenge=challenge_id)
        tell([(changed, streams_of(team))], edition_id=team.edition_id, actor=person)
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
            audit_team(team, person, "team.withdraw", reason=reason)
            tell(withdraw(team, actor=person), edition_id=team.edition_id, actor=person)
    return team


def locked_team(person: Person, team_id: int) -> Team:
    """The team, its row held until the transaction ends; Refused("not_found") for whoever has no business with it."""
    teams = Team.objects.select_related("edition", "challenge").select_for_update(of=("self",), no_key=True)
    team = teams.filter(pk=team_id).first()
    if team is None or not team.roles_of(person) & {"organiser", "own:participant", "own:partner", "juror", "facilitator"}:
        raise Refused("not_found")
    return team


def seat(team: Team, person: Person, *, actor: Person) -> News:
    """Put a person into a locked team; the first one in is the captain. What the person had asked other teams for, and the
    notice on the board, are over. Returns what is to be told once every row is written. Refused: already_in_team.
    """
    try:
        with transaction.atomic():
            Membership.objects.create(edition_id=team.edition_id, team=team, person=person)
    except IntegrityError as elsewhere:
        raise Refused("already_in_team") from elsewhere
    news: News = [(MemberJoined(team=team.pk, person=person.pk), streams_of(team, person.pk))]
    if team.captain_id is None:
        news += name_captain(team, person)
    mine = Approach.objects.filter(edition=team.edition_id, person=person)
    news += close_approaches(mine, Approach.State.TAKEN_BACK, actor=actor, accepted=team)
    if Notice.objects.filter(edition=team.edition_id, person=person).delete()[0] or Notice.objects.filter(team=team).exists():
        news.append((FindBoardChanged(), {PARTICIPANTS, ORGANISERS}))
    return news


def unseat(team: Team, person_id: int) -> News:
    """Take a person out of a locked team; the captain's role goes to whoever joined first. Nothing to tell: was not in it."""
    if not team.memberships.filter(person_id=person_id).delete()[0]:
        return []
    news: News = []
    if team.captain_id == person_id:
        next_one = team.memberships.select_related("person").first()
        news += name_captain(team, next_one.person if next_one else None)
    return [*news, (MemberLeft(team=team.pk, person=person_id), streams_of(team, person_id))]


def withdraw(team: Team, *, actor: Person) -> News:
    """Mark a locked team as withdrawn. Its notice and what was asked of it are over."""
    team.withdrawn_at = db_now()
    team.save(update_fields=["withdrawn_at"])
    news = close_approaches(Approach.objects.filter(team=team), Approach.State.REFUSED, actor=actor)
    if Notice.objects.filter(team=team).delete()[0]:
        news.append((FindBoardChanged(), {PARTICIPANTS, ORGANISERS}))
    return [(TeamWithdrawn(team=team.pk), streams_of(team)), *news]


def name_captain(team: Team, person: Person | None) -> News:
    """Make somebody the captain of a locked team, or nobody."""
    team.captain = person
    team.save(update_fields=["captain"])
    return [(CaptainChanged(team=team.pk, person=person.pk if person else None), streams_of(team))]


def close_approaches(approaches: QuerySet[Approach], state: str, *, actor: Person, accepted: Team | None = None) -> News:
    """Answer all of these that are still open: those of the team `accepted` with yes, the others with `state`."""
    news: News = []
    for one in approaches.filter(state=Approach.State.OPEN).select_for_update(no_key=True).order_by("pk"):
        one.state = Approach.State.ACCEPTED if accepted is not None and one.team_id == accepted.pk else state
        one.decided_by, one.decided_at = actor, db_now()
        one.save(update_fields=["state", "decided_by", "decided_at"])
        event = ApproachAnswered(team=one.team_id, person=one.person_id, state=one.state)
        news.append((event, {ORGANISERS, team_stream(one.team_id), person_stream(one.person_id)}))
    return news


def require_place(team: Team, person: Person) -> None:
    """Whether the edition's rules let this person into a locked team. Refused: team_full, school_full."""
    edition = team.edition
    if edition.largest_team is not None and team.memberships.count() >= edition.largest_team:
        raise Refused("team_full", limit=edition.largest_team)
    if edition.most_from_one_school is None:
        return
    school = school_of(edition.pk, person.pk)
    if school is not None:
        members = team.memberships.values("person")
        roles = Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT, organisation=school.organisation_id)
        if roles.filter(person__in=members).count() >= edition.most_from_one_school:
            assert school.organisation is not None
            raise Refused("school_full", limit=edition.most_from_one_school, school=school.organisation.short_name)


def school_of(edition_id: int, person_id: int) -> Role | None:
    """The role that names a participant's school, if any."""
    roles = Role.objects.filter(
        edition_id=edition_id, person_id=person_id, role=Role.Name.PARTICIPANT, organisation__isnull=False
    )
    return roles.select_related("organisation").first()


def clean_name(name: str) -> str:
    """The name on one line. Refused: name_missing, too_long."""
    name = not_longer("name", one_line(name), NAME_LIMIT)
    if not folded(name):
        raise Refused("name_missing", field="name")
    return name


def edition_locked_for_teams(edition_id: int) -> Edition:
    """Numbers and names are given out one team at a time; the weak lock leaves foreign keys alone."""
    edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition


def require_free_name(edition_id: int, name: str, *, besides: int = 0) -> None:
    """Refused: name_taken by a name that is the same to the eye. Belongs under the edition's lock."""
    names = Team.objects.filter(edition_id=edition_id).exclude(pk=besides).values_list("name", flat=True)
    if folded(name) in {folded(taken) for taken in names}:
        raise Refused("name_taken", field="name")


def choosable_challenge(edition_id: int, challenge_id: int | None) -> Challenge | None:
    """A public challenge with a place left, its row held until the transaction ends, so that two never take the last one."""
    if challenge_id is None:
        return None
    public = Challenge.objects.filter(edition_id=edition_id, published_at__isnull=False)
    challenge = public.select_for_update(no_key=True).filter(pk=challenge_id).first()
    if challenge is None:
        raise Refused("not_found")
    if challenge.capacity is not None and challenge.teams.filter(withdrawn_at__isnull=True).count() >= challenge.capacity:
        raise Refused("challenge_full", limit=challenge.capacity)
    return challenge


def audit_team(team: Team, person: Person, action: str, *, before: object = None, after: object = None, reason: str = "") -> None:
    """Write into the audit log what somebody did to a team."""
    audit(
        edition_id=team.edition_id,
        actor_id=person.pk,
        action=action,
        thing=f"team {team.pk}",
        before=before,
        after=after,
        reason=reason,
    )


def streams_of(team: Team, *person_ids: int) -> set[str]:
    """Who hears what happens to a team: its members, its challenge's partner, the organisers, and these people."""
    challenge = {challenge_stream(team.challenge_id)} if team.challenge_id is not None else set()
    return {ORGANISERS, team_stream(team.pk), *challenge, *map(person_stream, person_ids)}


def tell(news: News, *, edition_id: int, actor: Person) -> None:
    """Record what happened, after every row was written.

    Where several teams are concerned, the first of the news goes to all their streams, so that their counters are taken
    in one order: two who tell the same teams in turn never wait for each other.
    """
    for event, on in news:
        record(event, edition_id=edition_id, on=on, actor_id=actor.pk)
