"""Why a ballot may not be filled in: the reasons there are, and which of them follow from the data.

Reads and words only; who bars a ballot is `judging.conflicts`. A reason is a key of REASONS or a sentence of an organiser.
Words: a reason is *derived* when it follows from roles, teams and ties, *said* when the juror declared it on the sheet.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from estrade.people.models import Organisation, Role
from judging.models import Ballot, Seat, Tie
from teams.models import Membership, Team

DERIVED = ("own_challenge", "own_team", "tie", "own_school")
# What a juror may declare, and what then stands on the ballot.
SAID = {"employer": "said_employer", "coached": "said_coached", "relative": "said_relative", "other": "said_other"}
STOOD_DOWN, VOID = "stood_down", "void"
# Never stored: what is said of a ballot that an organiser took out of the count.
TAKEN_OUT = "taken_out"
# Not conflicts of interest: the juror went, and these may be undone with the going.
GONE = (STOOD_DOWN, VOID)

REASONS: dict[str, Promise] = {
    "own_challenge": _("The team answers the challenge of the juror's own organisation."),
    "own_team": _("The juror is a member of the team."),
    "own_school": _("Too much of the team comes from the juror's own school."),
    "tie": _("The juror has coached, taught or is close to somebody in the team."),
    "said_employer": _("Declared by the juror: own challenge or employer."),
    "said_coached": _("Declared by the juror: coached or taught the team."),
    "said_relative": _("Declared by the juror: close to somebody in the team."),
    "said_other": _("Declared by the juror: another reason."),
    "stood_down": _("The juror stood down before this ballot was complete."),
    "void": _("The juror stood down and the scores were made void."),
    "taken_out": _("An organiser took this ballot out of the count."),
}

# The same, said to the juror.
OWN_REASONS: dict[str, Promise] = {
    "own_challenge": _("The team answers your own organisation's challenge."),
    "own_team": _("You are a member of the team."),
    "own_school": _("Too much of the team comes from your own school."),
    "tie": _("You have coached, taught or are close to somebody in the team."),
    "said_employer": _("You declared: own challenge or employer."),
    "said_coached": _("You declared that you coached or taught the team."),
    "said_relative": _("You declared that you are close to somebody in the team."),
    "said_other": _("You declared a conflict of interest."),
}

# What a juror may choose from, in the first person.
CHOICES: dict[str, Promise] = {
    "employer": _("It answers my employer’s or my own challenge"),
    "coached": _("I coached or taught this team"),
    "relative": _("I am close to somebody in it"),
    "other": _("Another reason"),
}


def reason_text(reason: str) -> str:
    """The sentence for a ballot's `barred_reason`, in the reader's language."""
    return str(REASONS.get(reason, reason))


def reason_of(ballot: Ballot) -> str:
    """Why a ballot does not count and never will; "" for one that does or still may. Read it with `void`."""
    return ballot.barred_reason or (TAKEN_OUT if ballot.taken_out else "")


def own_reason_text(reason: str) -> str:
    """The same sentence for the juror who holds the seat."""
    return str(OWN_REASONS.get(reason, REASONS.get(reason, reason)))


def conflicts_of(seat: Seat, teams: Sequence[Team]) -> dict[int, str]:
    """Team id to derived reason, for the teams this seat may not score. `teams` come with their challenge."""
    return {team: reason for (_seat, team), reason in conflicts_among([seat], teams).items()}


def conflicts_among(seats: Sequence[Seat], teams: Sequence[Team]) -> dict[tuple[int, int], str]:
    """(seat, team) to derived reason, for seats of one round. As many queries for a whole jury as for one juror."""
    if not seats:
        return {}
    edition_id, jurors = seats[0].round.edition_id, [seat.person_id for seat in seats]
    speaking = Role.objects.filter(
        person__in=jurors, edition=edition_id, role__in=[Role.Name.PARTNER, Role.Name.JUROR, Role.Name.PRESIDENT]
    )
    speaks_for: defaultdict[int, set[int | None]] = defaultdict(set)
    for juror, organisation in speaking.exclude(organisation=None).values_list("person_id", "organisation_id"):
        speaks_for[juror].add(organisation)
    members = dict(Membership.objects.filter(edition=edition_id).values_list("person_id", "team_id"))
    reasons = _same_school(seats)
    for seat_id, about in Tie.objects.filter(seat__in=seats).values_list("seat_id", "about_id"):
        if about in members:
            reasons[seat_id, members[about]] = "tie"
    for seat in seats:
        own = speaks_for[seat.person_id]
        reasons |= {(seat.pk, team.pk): "own_challenge" for team in teams if team.challenge and team.challenge.partner_id in own}
        if seat.person_id in members:
            reasons[seat.pk, members[seat.person_id]] = "own_team"
    asked = {team.pk for team in teams}
    return {pair: reason for pair, reason in reasons.items() if pair[1] in asked}


def _same_school(seats: Sequence[Seat]) -> dict[tuple[int, int], str]:
    """Teams of which at least the round's share comes from the juror's school. With mixed teams one member is no conflict."""
    share = seats[0].round.school_share
    if share is None:
        return {}
    return {pair: "own_school" for pair, percent in school_shares(seats).items() if percent >= share}


def school_shares(seats: Sequence[Seat]) -> dict[tuple[int, int], float]:
    """(seat, team) to how many percent of the team come from the juror's own school; only pairs above zero. Three queries."""
    if not seats:
        return {}
    edition_id = seats[0].round.edition_id
    schools = [Organisation.Category.SCHOOL, Organisation.Category.HIGHER_EDUCATION]
    roles = Role.objects.filter(edition=edition_id, organisation__category__in=schools)
    speaking = [Role.Name.PARTNER, Role.Name.JUROR, Role.Name.PRESIDENT]
    speaks_for: defaultdict[int, set[int | None]] = defaultdict(set)
    jurors = roles.filter(role__in=speaking, person__in=[seat.person_id for seat in seats])
    for person, school in jurors.values_list("person_id", "organisation_id"):
        speaks_for[person].add(school)
    if not speaks_for:
        return {}
    members = dict(Membership.objects.filter(edition=edition_id).values_list("person_id", "team_id"))
    of_school: defaultdict[int | None, set[int]] = defaultdict(set)
    for pupil, school in roles.filter(role=Role.Name.PARTICIPANT).values_list("person_id", "organisation_id"):
        of_school[school].add(pupil)
    sizes = Counter(members.values())
    found: dict[tuple[int, int], float] = {}
    for seat in seats:
        own = set().union(*(of_school[school] for school in speaks_for[seat.person_id]))
        for team, count in Counter(members[pupil] for pupil in own if pupil in members).items():
            found[seat.pk, team] = 100 * count / sizes[team]
    return found
