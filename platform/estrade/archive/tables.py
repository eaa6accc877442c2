"""What an organiser takes along, in people's words: one table per subject, one row per thing.

Owns which tables there are and what their columns are called. Reads, and decides nothing: whoever calls it
has asked the matrix, and says whether scores may be in it.
Words: a *table* has columns and rows of typed values; an *instant* becomes two columns wherever it is written.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from challenges.models import Challenge
from estrade.editions.models import Announcement, Edition, ProgrammeStep
from estrade.journal.models import AuditEntry
from estrade.kernel.localtext import local
from estrade.people.models import Organisation, Person, Role
from judging.eligibility import rule
from judging.models import Ballot, Criterion, Prize, Round, Score, Seat
from judging.ranking import ballot_points
from judging.reasons import reason_text
from judging.tallies import dimensions_of, tally_of
from teams.models import Extension, Membership, Profile, Receipt, ReceiptFile, Submission, Team

# Wishes of a participant that get a column; a form asks for three, rarely for more.
CHOICES = 5
TEXT, NUMBER, INSTANT, DAY, YES = "text", "number", "instant", "day", "yes"
Row = Sequence[Any]


@dataclass(frozen=True, kw_only=True)
class Column:
    """`key` for machines, `label` for the reader, and what kind of value stands in it."""

    key: str
    label: Promise | str
    kind: str = TEXT


@dataclass(frozen=True, kw_only=True)
class Table:
    """One subject. `has_scores`: empty for whoever may not read scores yet."""

    key: str
    label: Promise | str
    columns: tuple[Column, ...]
    read: Callable[[Edition], Iterable[Row]]
    has_scores: bool = False

    def rows(self, edition: Edition, *, with_scores: bool) -> Iterator[Row]:
        """The rows; none of a table with scores where they may not be read."""
        if not self.has_scores or with_scores:
            yield from self.read(edition)


def _here(texts: Any) -> str:
    return local(texts, get_language() or "fr")


def _name(person: Person | None) -> str:
    return person.name if person else ""


def _people(edition: Edition) -> Iterator[Row]:
    profiles = {one.person_id: one for one in Profile.objects.filter(edition=edition)}
    teams = dict(Membership.objects.filter(edition=edition).values_list("person_id", "team__name"))
    titles = {one.slug: _here(one.title) for one in Challenge.objects.filter(edition=edition)}
    roles: defaultdict[int, list[Role]] = defaultdict(list)
    for role in Role.objects.filter(edition=edition).select_related("organisation").order_by("pk"):
        roles[role.person_id].append(role)
    people = Person.objects.filter(roles__edition=edition).distinct().order_by("last_name", "first_name", "pk")
    for person in people:
        held, profile = roles[person.pk], profiles.get(person.pk)
        choices = [titles.get(slug, slug) for slug in (profile.choices if profile else [])]
        yield (
            person.last_name,
            person.first_name,
            person.email or "",
            _listed(one.organisation.short_name for one in held if one.organisation),
            _listed(one.level for one in held if one.level),
            _listed(profile.skills if profile else []),
            *(choices + [""] * CHOICES)[:CHOICES],
            _listed(str(ROLES[one.role]) for one in held),
            teams.get(person.pk, ""),
            person.username,
            person.language,
        )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _teams(edition: Edition) -> Iterator[Row]:
    members: defaultdict[int, list[str]] = defaultdict(list)
    for one in Membership.objects.filter(edition=edition).select_related("person").order_by("pk"):
        members[one.team_id].append(one.person.name)
    for team in Team.objects.filter(edition=edition).select_related("challenge__partner", "captain").order_by("number"):
        yield (
            team.number,
            team.name,
            _here(team.challenge.title) if team.challenge else "",
            team.challenge.partner.short_name if team.challenge else "",
            _name(team.captain),
            len(members[team.pk]),
            _listed(members[team.pk]),
            team.withdrawn_at,
        )


def _challenges(edition: Edition) -> Iterator[Row]:
    schools = dict(Organisation.objects.filter(roles__edition=edition).values_list("slug", "short_name"))
    for one in Challenge.objects.filter(edition=edition).select_related("partner").order_by("position", "pk"):
        yield (
            one.partner.name,
            _here(one.title),
            _here(one.question),
            _here(one.body),
            _here(one.provided),
            _here(one.expected),
            _here(one.links),
            _here(one.tags),
            _here(one.eligibility),
            _listed(schools.get(slug, slug) for slug in one.open_to.get("schools", ())),
            _listed(one.open_to.get("levels", ())),
            _here(one.referent),
            one.capacity,
            str(PROGRESS[one.state]),
            one.published_at,
        )


def _submissions(edition: Edition) -> Iterator[Row]:
    receipts = Receipt.objects.filter(submission__team__edition=edition).select_related("submission__team", "person")
    files: defaultdict[int, list[str]] = defaultdict(list)
    for brought in ReceiptFile.objects.filter(receipt__in=receipts).select_related("stored"):
        files[brought.receipt_id].append(brought.stored.name)
    for one in receipts.order_by("submission__team__number", "number"):
        yield (
            one.submission.team.name,
            one.number,
            one.reference,
            str(STATES[one.state]),
            one.submission.current_id == one.pk,
            one.title,
            one.summary,
            one.text,
            one.link,
            "\n".join(f"{_here(answer['label'])}: {answer['answer']}" for answer in one.answers),
            "\n".join(files[one.pk]),
            one.received_at,
            one.closes_at,
            _name(one.person),
            one.accepted_reason,
            one.fingerprint,
        )


def _drafts(edition: Edition) -> Iterator[Row]:
    # The state only: the words are the team's until they hand them in (matrix: draft.read).
    drafts = Submission.objects.filter(team__edition=edition).select_related("team", "draft_saved_by", "current")
    for one in drafts.order_by("team__number"):
        yield one.team.name, one.draft_revision, one.draft_saved_at, _name(one.draft_saved_by), _reference(one)


def _reference(submission: Submission) -> str:
    return submission.current.reference if submission.current else ""


def _jury(edition: Edition) -> Iterator[Row]:
    ballots: defaultdict[int, list[Ballot]] = defaultdict(list)
    for ballot in Ballot.objects.filter(seat__round__edition=edition).select_related("void"):
        ballots[ballot.seat_id].append(ballot)
    organisations = dict(
        Role.objects.filter(edition=edition, role__in=[Role.Name.JUROR, Role.Name.PRESIDENT])
        .exclude(organisation=None)
        .values_list("person_id", "organisation__short_name")
    )
    for seat in Seat.objects.filter(round__edition=edition).select_related("round", "person").order_by("round", "number"):
        yield (
            seat.round.number,
            seat.code,
            seat.person.name,
            organisations.get(seat.person_id, ""),
            sum(one.counts for one in ballots[seat.pk]),
            sum(bool(one.barred_reason) for one in ballots[seat.pk]),
        )


def _ballots(edition: Edition) -> Iterator[Row]:
    marks: defaultdict[int, dict[int, Any]] = defaultdict(dict)
    scores = Score.objects.filter(ballot__team__edition=edition, value__isnull=False)
    for ballot_id, criterion, value in scores.values_list("ballot_id", "criterion_id", "value"):
        marks[ballot_id][criterion] = value
    dimensions = {
        round_.pk: dimensions_of(round_.rubric.criteria.order_by("position", "pk"))
        for round_ in Round.objects.filter(edition=edition).select_related("rubric")
    }
    ballots = Ballot.objects.filter(team__edition=edition).select_related("seat__person", "seat__round", "team", "void")
    for one in ballots.order_by("seat__round__number", "seat__number", "team__number"):
        points = None if one.completed_at is None else ballot_points(marks[one.pk], dimensions[one.seat.round_id])
        yield (
            one.seat.round.number,
            one.seat.code,
            one.seat.person.name,
            one.team.name,
            None if points is None else round(points, 6),
            one.scored,
            one.completed_at,
            one.taken_out.reason if one.taken_out and not one.barred_reason else reason_text(one.barred_reason),
            one.comment,
            one.feedback,
        )


def _scores(edition: Edition) -> Iterator[Row]:
    jurors = dict(_by_id(Seat.objects.filter(round__edition=edition).select_related("round", "person")))
    teams = dict(_by_id(Team.objects.filter(edition=edition)))
    criteria = dict(_by_id(Criterion.objects.filter(rubric__edition=edition).select_related("rubric")))
    scores = Score.objects.filter(ballot__team__edition=edition)
    order = ("ballot__seat__round__number", "ballot__seat__number", "ballot__team__number", "criterion__position", "pk")
    names = ("ballot__seat_id", "ballot__team_id", "criterion_id", "value", "version", "received_at")
    for seat_id, team_id, criterion_id, *written in scores.order_by(*order).values_list(*names).iterator(chunk_size=2000):
        seat, criterion = jurors[seat_id], criteria[criterion_id]
        who = (seat.round.number, seat.code, seat.person.name, teams[team_id].name)
        yield *who, criterion.rubric.version, criterion.key, _here(criterion.label), *written


def _by_id(rows: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    return ((row.pk, row) for row in rows)


def _criteria(edition: Edition) -> Iterator[Row]:
    for one in Criterion.objects.filter(rubric__edition=edition).select_related("rubric").order_by("rubric", "position", "pk"):
        rubric = (one.rubric.version, _here(one.rubric.name))
        yield *rubric, one.key, _here(one.label), one.weight, one.lowest, one.highest, one.step, one.is_required


def _ranking(edition: Edition) -> Iterator[Row]:
    for round_ in Round.objects.filter(edition=edition).order_by("number"):
        tally = tally_of(round_id=round_.pk)
        by_id = {team.pk: team for team in tally.teams}
        for place in tally.standings:
            team = by_id[place.team]
            yield (
                round_.number,
                place.rank,
                team.name,
                _here(team.challenge.title) if team.challenge else "",
                team.challenge.partner.short_name if team.challenge else "",
                None if place.score is None else round(place.score, 6),
                tally.complete[team.pk],
                tally.expected[team.pk],
            )


def _prizes(edition: Edition) -> Iterator[Row]:
    prizes = Prize.objects.filter(edition=edition).select_related("sponsor", "challenge", "category", "round")
    for one in prizes.order_by("position", "pk"):
        sponsor = one.sponsor.name if one.sponsor else ""
        yield _here(one.name), one.rank, one.amount, one.currency, sponsor, _here(one.citation), rule(one)


def _announcements(edition: Edition) -> Iterator[Row]:
    for one in Announcement.objects.filter(edition=edition).select_related("author").order_by("at", "pk"):
        yield one.at, _here(one.text), one.author.get_full_name() if one.author else ""


def _programme(edition: Edition) -> Iterator[Row]:
    for one in ProgrammeStep.objects.filter(edition=edition).order_by("starts_at", "pk"):
        yield one.starts_at, _here(one.title), _here(one.place), one.is_key, one.is_fixed, one.least_minutes


def _extensions(edition: Edition) -> Iterator[Row]:
    extensions = Extension.objects.filter(team__edition=edition).select_related("team", "granted_by")
    for one in extensions.order_by("team__number", "until"):
        yield one.team.name, one.until, one.reason, _name(one.granted_by), one.granted_at


def _audit(edition: Edition) -> Iterator[Row]:
    entries = AuditEntry.objects.filter(edition=edition).select_related("actor").order_by("number")
    for one in entries.iterator(chunk_size=2000):
        actor = one.actor.get_full_name() if one.actor else ""
        yield one.number, one.at, actor, one.action, one.thing, _json(one.before), _json(one.after), one.reason, one.digest


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


ROLES: dict[str, Promise | str] = {
    "organiser": _("organiser"),
    "partner": _("partner"),
    "participant": _("participant"),
    "facilitator": _("facilitator"),
    "juror": _("juror"),
    "president": _("jury president"),
    "school_contact": _("school contact"),
}
STATES: dict[str, Promise | str] = {
    "delivered": _("handed in"),
    "captured": _("draft taken at the deadline"),
    "confirmed": _("draft taken at the deadline, confirmed by the team"),
    "withdrawn": _("taken back by the team"),
    "late": _("late"),
    "accepted": _("late, accepted"),
}
PROGRESS: dict[str, Promise | str] = {
    "draft": _("draft"),
    "waiting": _("awaits approval"),
    "published": _("published"),
}
ROUND = Column(key="round", label=_("Round"), kind=NUMBER)
SEAT = Column(key="code", label=_("Juror's code"))
JUROR = Column(key="juror", label=_("Juror"))
TEAM = Column(key="team", label=_("Team"))
CHALLENGE = Column(key="challenge", label=_("Challenge"))
PARTNER = Column(key="partner", label=_("Partner"))
REASON = Column(key="reason", label=_("Reason"))

# The columns of people are called as the import of participants reads them.
TABLES: tuple[Table, ...] = (
    Table(
        key="people",
        label=_("People"),
        read=_people,
        columns=(
            Column(key="last_name", label=_("Last name")),
            Column(key="first_name", label=_("First name")),
            Column(key="email", label=_("E-mail")),
            Column(key="school", label=_("School")),
            Column(key="level", label=_("Level of study")),
            Column(key="skills", label=_("Skills")),
            *(Column(key=f"choice_{n}", label=format_lazy("{} {}", _("Choice"), n)) for n in range(1, CHOICES + 1)),
            Column(key="roles", label=_("Roles")),
            TEAM,
            Column(key="username", label=_("User name")),
            Column(key="language", label=_("Language")),
        ),
    ),
    Table(
        key="teams",
        label=_("Teams"),
        read=_teams,
        columns=(
            Column(key="number", label=_("Number"), kind=NUMBER),
            TEAM,
            CHALLENGE,
            PARTNER,
            Column(key="captain", label=_("Spokesperson")),
            Column(key="size", label=_("Size"), kind=NUMBER),
            Column(key="members", label=_("Members")),
            Column(key="withdrawn", label=_("Withdrawn"), kind=INSTANT),
        ),
    ),
    Table(
        key="challenges",
        label=_("Challenges"),
        read=_challenges,
        columns=(
            PARTNER,
            CHALLENGE,
            Column(key="question", label=_("Question")),
            Column(key="body", label=_("Text")),
            Column(key="provided", label=_("What is provided")),
            Column(key="expected", label=_("What is expected")),
            Column(key="links", label=_("Links")),
            Column(key="tags", label=_("Key words")),
            Column(key="eligibility", label=_("Who can choose it")),
            Column(key="schools", label=_("Schools it is open to")),
            Column(key="levels", label=_("Levels it is open to")),
            Column(key="referent", label=_("On site")),
            Column(key="capacity", label=_("Teams at most"), kind=NUMBER),
            Column(key="state", label=_("State")),
            Column(key="published", label=_("Published"), kind=INSTANT),
        ),
    ),
    Table(
        key="submissions",
        label=_("Submissions"),
        read=_submissions,
        columns=(
            TEAM,
            Column(key="version", label=_("Version"), kind=NUMBER),
            Column(key="reference", label=_("Reference")),
            Column(key="state", label=_("State")),
            Column(key="counts", label=_("Counts"), kind=YES),
            Column(key="title", label=_("Title")),
            Column(key="summary", label=_("Summary")),
            Column(key="text", label=_("Text")),
            Column(key="link", label=_("Link")),
            Column(key="answers", label=_("Further answers")),
            Column(key="files", label=_("Files")),
            Column(key="received", label=_("Received"), kind=INSTANT),
            Column(key="due", label=_("Due"), kind=INSTANT),
            Column(key="by", label=_("Handed in by")),
            REASON,
            Column(key="fingerprint", label=_("Fingerprint")),
        ),
    ),
    Table(
        key="drafts",
        label=_("Drafts"),
        read=_drafts,
        columns=(
            TEAM,
            Column(key="saves", label=_("Times saved"), kind=NUMBER),
            Column(key="saved", label=_("Last saved"), kind=INSTANT),
            Column(key="by", label=_("Saved by")),
            Column(key="current", label=_("Version that counts")),
        ),
    ),
    Table(
        key="jury",
        label=_("Jury"),
        read=_jury,
        columns=(
            ROUND,
            SEAT,
            JUROR,
            Column(key="organisation", label=_("Organisation")),
            Column(key="ballots", label=_("Teams to score"), kind=NUMBER),
            Column(key="barred", label=_("Conflicts of interest"), kind=NUMBER),
        ),
    ),
    Table(
        key="criteria",
        label=_("Criteria"),
        read=_criteria,
        columns=(
            Column(key="rubric", label=_("Rubric"), kind=NUMBER),
            Column(key="rubric_name", label=_("Name of the rubric")),
            Column(key="criterion", label=_("Short name")),
            Column(key="label", label=_("Criterion")),
            Column(key="weight", label=_("Weight"), kind=NUMBER),
            Column(key="lowest", label=_("Lowest"), kind=NUMBER),
            Column(key="highest", label=_("Highest"), kind=NUMBER),
            Column(key="step", label=_("Step"), kind=NUMBER),
            Column(key="required", label=_("Required"), kind=YES),
        ),
    ),
    Table(
        key="ballots",
        label=_("Ballots"),
        read=_ballots,
        has_scores=True,
        columns=(
            ROUND,
            SEAT,
            JUROR,
            TEAM,
            Column(key="points", label=_("Points out of 100"), kind=NUMBER),
            Column(key="scored", label=_("Criteria scored"), kind=NUMBER),
            Column(key="completed", label=_("Complete since"), kind=INSTANT),
            Column(key="barred", label=_("Why it does not count")),
            Column(key="comment", label=_("Comment for the jury")),
            Column(key="feedback", label=_("Comment for the team")),
        ),
    ),
    Table(
        key="scores",
        label=_("Scores"),
        read=_scores,
        has_scores=True,
        columns=(
            ROUND,
            SEAT,
            JUROR,
            TEAM,
            Column(key="rubric", label=_("Rubric"), kind=NUMBER),
            Column(key="criterion", label=_("Short name")),
            Column(key="label", label=_("Criterion")),
            Column(key="value", label=_("Score"), kind=NUMBER),
            Column(key="version", label=_("Version"), kind=NUMBER),
            Column(key="received", label=_("Received"), kind=INSTANT),
        ),
    ),
    Table(
        key="ranking",
        label=_("Ranking"),
        read=_ranking,
        has_scores=True,
        columns=(
            ROUND,
            Column(key="rank", label=_("Rank"), kind=NUMBER),
            TEAM,
            CHALLENGE,
            PARTNER,
            Column(key="points", label=_("Points out of 100"), kind=NUMBER),
            Column(key="complete", label=_("Complete ballots"), kind=NUMBER),
            Column(key="expected", label=_("Expected ballots"), kind=NUMBER),
        ),
    ),
    Table(
        key="prizes",
        label=_("Prizes"),
        read=_prizes,
        columns=(
            Column(key="prize", label=_("Prize")),
            Column(key="rank", label=_("Rank"), kind=NUMBER),
            Column(key="amount", label=_("Amount"), kind=NUMBER),
            Column(key="currency", label=_("Currency")),
            Column(key="sponsor", label=_("Sponsor")),
            Column(key="citation", label=_("Citation")),
            Column(key="decided", label=_("Who decides")),
        ),
    ),
    Table(
        key="announcements",
        label=_("Announcements"),
        read=_announcements,
        columns=(
            Column(key="at", label=_("Sent"), kind=INSTANT),
            Column(key="text", label=_("Text")),
            Column(key="by", label=_("Sent by")),
        ),
    ),
    Table(
        key="programme",
        label=_("Programme"),
        read=_programme,
        columns=(
            Column(key="at", label=_("Begins"), kind=INSTANT),
            Column(key="title", label=_("Title")),
            Column(key="place", label=_("Place")),
            Column(key="key", label=_("Key step"), kind=YES),
            Column(key="fixed", label=_("Keeps its time"), kind=YES),
            Column(key="least", label=_("Least minutes"), kind=NUMBER),
        ),
    ),
    Table(
        key="extensions",
        label=_("Extra time"),
        read=_extensions,
        columns=(
            TEAM,
            Column(key="until", label=_("Until"), kind=INSTANT),
            REASON,
            Column(key="by", label=_("Given by")),
            Column(key="at", label=_("Given"), kind=INSTANT),
        ),
    ),
    Table(
        key="audit",
        label=_("Audit log"),
        read=_audit,
        columns=(
            Column(key="number", label=_("Number"), kind=NUMBER),
            Column(key="at", label=_("When"), kind=INSTANT),
            Column(key="by", label=_("Who")),
            Column(key="action", label=_("Action")),
            Column(key="thing", label=_("Thing")),
            Column(key="before", label=_("Before")),
            Column(key="after", label=_("After")),
            REASON,
            Column(key="digest", label=_("Digest")),
        ),
    ),
)
BY_KEY = {table.key: table for table in TABLES}
