"""What a set-up lacks for a play, filled in with simulated people: through the verbs, and in the copy only.

Owns the decision what is missing. An event can be rehearsed on its first evening, when nothing but its dates stands.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from challenges.challenges import publish_challenge
from challenges.models import Challenge
from estrade.editions.models import Edition
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from estrade.people.people import give_role
from estrade.rehearsal.copying import make_doubles
from estrade.rehearsal.invented import TEAM_NAMES, name_of
from judging.models import Ballot, Seat
from judging.panels import assign_everybody, open_round, seat_juror
from judging.rubrics import NewCriterion, create_rubric, rubric_of
from teams.membership import add_member, create_team
from teams.models import Membership, Team

JURY_OF = 5
# Three places are revealed.
FEWEST_TEAMS = 3
TEAM_OF = 5
MOST_TEAMS = 12
PARTICIPANTS = 20
DEFAULT_CRITERIA = (
    ("answer", {"fr": "Réponse au défi", "en": "Answer to the challenge"}, 40),
    ("impact", {"fr": "Utilité", "en": "Usefulness"}, 30),
    ("clarity", {"fr": "Clarté du pitch", "en": "Clarity of the pitch"}, 30),
)
# What was added, in words; %(n)s is how many.
ADDED: dict[str, Promise] = {
    "participants": _("Simulated participants: %(n)s"),
    "teams": _("Teams made for the rehearsal: %(n)s"),
    "captains": _("Simulated captains for empty teams: %(n)s"),
    "challenges": _("Challenges published in the rehearsal only: %(n)s"),
    "rubric": _("A rubric with criteria of our own: %(n)s"),
    "jurors": _("Simulated jurors: %(n)s"),
    "seats": _("Jurors given a seat: %(n)s"),
    "ballots": _("Ballots assigned, every juror for every team: %(n)s"),
}


def fill_in(*, copy: Edition, organiser: Person) -> dict[str, int]:
    """Give the copy whatever it lacks. What was added, kind to number; empty when nothing was missing."""
    added: Counter[str] = Counter()
    _publish_challenges(copy, organiser, added)
    new_person = _inventor(copy, organiser)
    _fill_teams(copy, organiser, new_person, added)
    _fill_jury(copy, organiser, new_person, added)
    return dict(added)


def _inventor(copy: Edition, organiser: Person) -> Callable[[str], Person]:
    """A source of simulated people with a role in the copy."""
    numbers = iter(range(10_000))

    def invent(role: str) -> Person:
        number = next(numbers)
        (person,) = make_doubles(copy=copy, names=[name_of(number)], mark=f"s{number}-")
        give_role(person=organiser, edition_id=copy.pk, to=person, role=role)
        return person

    return invent


def _publish_challenges(copy: Edition, organiser: Person, added: Counter[str]) -> None:
    challenges = Challenge.objects.filter(edition=copy)
    if challenges.filter(published_at__isnull=False).exists():
        return
    for challenge in challenges:
        try:
            publish_challenge(person=organiser, challenge_id=challenge.pk, revision=challenge.revision)
        except Refused:
            # Not written yet: the teams choose among the others.
            continue
        added["challenges"] += 1


def _fill_teams(copy: Edition, organiser: Person, new_person: Callable[[str], Person], added: Counter[str]) -> None:
    present = list(Team.objects.filter(edition=copy, withdrawn_at=None).order_by("number"))
    for team in present:
        if team.captain_id is None and not team.memberships.exists():
            add_member(person=organiser, team_id=team.pk, member=new_person(Role.Name.PARTICIPANT))
            added["captains"] += 1
    free = _without_team(copy)
    if not present and not free:
        free = [new_person(Role.Name.PARTICIPANT) for _number in range(PARTICIPANTS)]
        added["participants"] += len(free)
    wanted = max(0 if present else min(len(free) // TEAM_OF, MOST_TEAMS), FEWEST_TEAMS - len(present))
    while len(free) < wanted:
        free.append(new_person(Role.Name.PARTICIPANT))
        added["participants"] += 1
    for number in range(wanted):
        members = free[number::wanted][:TEAM_OF]
        _found_team(copy, organiser, number, members)
        added["teams"] += 1


def _without_team(copy: Edition) -> list[Person]:
    placed = Membership.objects.filter(edition=copy).values("person")
    roles = Role.objects.filter(edition=copy, role=Role.Name.PARTICIPANT).exclude(person__in=placed)
    return [role.person for role in roles.select_related("person").order_by("pk")]


def _found_team(copy: Edition, organiser: Person, number: int, members: Sequence[Person]) -> None:
    taken = set(Team.objects.filter(edition=copy).values_list("name", flat=True))
    name = next(name for name in (*TEAM_NAMES, *(f"{TEAM_NAMES[0]} {n}" for n in range(2, 99))) if name not in taken)
    challenges = list(Challenge.objects.filter(edition=copy, published_at__isnull=False))
    chosen = challenges[number % len(challenges)].pk if challenges else None
    try:
        team = create_team(person=organiser, edition_id=copy.pk, name=name, challenge_id=chosen)
    except Refused as refusal:
        if refusal.code != "challenge_full":
            raise
        team = create_team(person=organiser, edition_id=copy.pk, name=name)
    for member in members:
        add_member(person=organiser, team_id=team.pk, member=member)


def _fill_jury(copy: Edition, organiser: Person, new_person: Callable[[str], Person], added: Counter[str]) -> None:
    round_ = copy.rounds.order_by("-number").first()
    if round_ is None:
        rubric = rubric_of(copy)
        if rubric is None:
            criteria = [NewCriterion(key=key, label=label, weight=Decimal(weight)) for key, label, weight in DEFAULT_CRITERIA]
            rubric = create_rubric(person=organiser, edition_id=copy.pk, criteria=criteria)
            added["rubric"] += len(criteria)
        round_ = open_round(person=organiser, edition_id=copy.pk, rubric_id=rubric.pk)
    if not Seat.objects.filter(round=round_).exists():
        jury = Role.objects.filter(edition=copy, role__in=[Role.Name.JUROR, Role.Name.PRESIDENT]).select_related("person")
        jurors = {role.person_id: role.person for role in jury.order_by("pk")}
        if not jurors:
            for number in range(JURY_OF):
                juror = new_person(Role.Name.JUROR if number else Role.Name.PRESIDENT)
                jurors[juror.pk] = juror
            added["jurors"] += len(jurors)
        else:
            added["seats"] += len(jurors)
        for juror_id in jurors:
            seat_juror(person=organiser, round_id=round_.pk, juror_id=juror_id)
    teams = Team.objects.filter(edition=copy, withdrawn_at=None)
    # An assignment of one's own stays as it is, unless a team would be judged by nobody.
    if teams.exclude(pk__in=Ballot.objects.filter(seat__round=round_).values("team")).exists():
        added["ballots"] += assign_everybody(person=organiser, round_id=round_.pk)
