"""Teams put right by organisers after the lock: a person moved, two teams merged, one split, one back from withdrawal.

Owns nothing of its own. Drafts, deliveries and history stay with the team that made them; whoever goes on in another team
keeps reading them. The edition's rules are not asked: an organiser who breaks one sees a warning on the page of the team.
"""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Max

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.events import TeamMerged, TeamReopened, TeamSplit
from teams.membership import (
    News,
    audit_team,
    choosable_challenge,
    clean_name,
    edition_locked_for_teams,
    require_free_name,
    seat,
    streams_of,
    tell,
    unseat,
    withdraw,
)
from teams.models import Membership, Merger, Submission, Team
from teams.submissions import LIMITS


def move_member(*, person: Person, edition_id: int, member_id: int, to_team_id: int) -> Team:
    """Put somebody into another team, from wherever they are. Refused: not_found, not_a_participant, team_withdrawn."""
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "team.repair", edition)
        here = Membership.objects.filter(edition=edition, person=member_id).values_list("team_id", flat=True).first()
        teams = _teams_locked(edition, {to_team_id} | ({here} if here is not None else set()))
        target = _present(teams, to_team_id)
        member = Person.objects.filter(pk=member_id).first()
        if member is None or "participant" not in edition.roles_of(member):
            raise Refused("not_a_participant")
        if here == to_team_id:
            return target
        news = unseat(teams[here], member_id) if here is not None else []
        news += seat(target, member, actor=person)
        audit_team(target, person, "team.move", before={"team": here}, after={"team": target.pk, "person": member_id})
        tell_together(news, edition_id=edition.pk, actor=person)
    return target


def merge_teams(*, person: Person, edition_id: int, team_id: int, into_id: int) -> Team:
    """Everybody of `team_id` goes on in `into_id`; the first team withdraws, and both may read what it wrote.

    Refused: not_found, team_withdrawn, merge_with_oneself.
    """
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "team.repair", edition)
        if team_id == into_id:
            raise Refused("merge_with_oneself")
        teams = _teams_locked(edition, {team_id, into_id})
        team, into = _present(teams, team_id), _present(teams, into_id)
        members = [one.person for one in team.memberships.select_related("person")]
        gone: News = [(TeamMerged(team=team.pk, into=into.pk), streams_of(team) | streams_of(into))]
        for member in members:
            gone += unseat(team, member.pk)
        for member in members:
            gone += seat(into, member, actor=person)
        continue_in(team, into)
        gone += withdraw(team, actor=person)
        audit_team(into, person, "team.merge", before={"team": team.pk}, after={"members": [one.pk for one in members]})
        tell_together(gone, edition_id=edition.pk, actor=person)
    return into


def split_team(*, person: Person, edition_id: int, team_id: int, member_ids: Collection[int], name: str) -> Team:
    """Some members go on as a new team on the same challenge, with a copy of the draft; what was handed in stays.

    Refused: split_needs_both, not_a_member, name_missing, name_taken, challenge_full, team_withdrawn, not_found.
    """
    name = clean_name(name)
    with transaction.atomic():
        edition = edition_locked_for_teams(edition_id)
        require(person, "team.repair", edition)
        team = _present(_teams_locked(edition, {team_id}), team_id)
        members = {one.person_id: one.person for one in team.memberships.select_related("person")}
        wanted = set(member_ids)
        if not wanted <= members.keys():
            raise Refused("not_a_member")
        if not wanted or wanted == members.keys():
            raise Refused("split_needs_both", field="members")
        require_free_name(edition.pk, name)
        challenge = choosable_challenge(edition.pk, team.challenge_id)
        last = Team.objects.filter(edition=edition).aggregate(last=Max("number"))["last"] or 0
        made = Team.objects.create(edition=edition, challenge=challenge, name=name, number=last + 1)
        draft = {f"draft_{field}": getattr(team.submission, f"draft_{field}") for field in LIMITS}
        Submission.objects.create(team=made, **draft)
        news: News = [(TeamSplit(team=made.pk, origin=team.pk, challenge=team.challenge_id), streams_of(team) | streams_of(made))]
        going = [one for pk, one in members.items() if pk in wanted]
        for member in going:
            news += unseat(team, member.pk)
        for member in going:
            news += seat(made, member, actor=person)
        audit_team(team, person, "team.split", after={"team": made.pk, "members": sorted(wanted)})
        tell_together(news, edition_id=edition.pk, actor=person)
    return made


def reopen_team(*, person: Person, edition_id: int, team_id: int) -> Team:
    """Take a team's withdrawal back, with everything it had handed in. Refused: challenge_full, not_found.

    Whoever left meanwhile does not come back by this.
    """
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "team.reopen", edition)
        team = _teams_locked(edition, {team_id})[team_id]
        if team.withdrawn_at is None:
            return team
        choosable_challenge(edition.pk, team.challenge_id)
        team.withdrawn_at = None
        team.save(update_fields=["withdrawn_at"])
        team.went_on.all().delete()
        audit_team(team, person, "team.reopen")
        tell([(TeamReopened(team=team.pk), streams_of(team))], edition_id=edition.pk, actor=person)
    return team


def continue_in(team: Team, into: Team) -> None:
    """Who goes on in `into` keeps reading what `team` wrote, and what had come to `team` in the same way."""
    earlier = Merger.objects.filter(into=team).exclude(team=into).values_list("team_id", flat=True)
    for pk in (team.pk, *earlier):
        Merger.objects.get_or_create(team_id=pk, into=into, defaults={"merged_at": db_now()})


def tell_together(news: News, *, edition_id: int, actor: Person) -> None:
    """Tell of several teams at once: the first of the news goes to everybody concerned (see `membership.tell`)."""
    first, _ = news[0]
    everybody = set[str]().union(*(on for _, on in news))
    tell([(first, everybody), *news[1:]], edition_id=edition_id, actor=actor)


def _edition(edition_id: int) -> Edition:
    edition = Edition.objects.filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition


def _teams_locked(edition: Edition, ids: Collection[int]) -> dict[int, Team]:
    """These teams of the edition, held in the order of their numbers. Refused: not_found unless all are there."""
    teams = Team.objects.select_related("edition", "challenge", "submission").select_for_update(of=("self",), no_key=True)
    found = {team.pk: team for team in teams.filter(edition=edition, pk__in=ids).order_by("pk")}
    if found.keys() != set(ids):
        raise Refused("not_found")
    return found


def _present(teams: dict[int, Team], team_id: int) -> Team:
    if teams[team_id].withdrawn_at is not None:
        raise Refused("team_withdrawn")
    return teams[team_id]
