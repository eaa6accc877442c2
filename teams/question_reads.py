"""Questions as each reader sees them: the same rows, with less or more of who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from challenges.models import Challenge, Step
from estrade.access.policy import can
from estrade.editions.models import Edition
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from teams.models import Membership, Question, Team

LATEST = 3


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One question for one reader. `asker`: the team's name for who may know it, "" for everybody else.

    `by_organisers`: whoever answered speaks for them, and under no name of their own.
    """

    question: Question
    asker: str
    is_mine: bool
    may_answer: bool
    may_hide: bool
    by_organisers: bool

    @property
    def text(self) -> str:
        return self.question.text if self.reads else ""

    @property
    def reads(self) -> bool:
        """Hidden words stay with the organisers."""
        return self.question.hidden_at is None or self.may_hide


@dataclass(frozen=True, kw_only=True)
class Box:
    """The questions of one challenge: those with work in them first, then the latest."""

    challenge: Challenge
    shown: list[Shown]
    may_ask: bool

    @property
    def open(self) -> int:
        return sum(one.question.answered_at is None and one.question.hidden_at is None for one in self.shown)


def box_of(challenge: Challenge, *, person: Person | None, now: datetime) -> Box:
    """The questions about one challenge that this person may read."""
    return _box(challenge, _rows([challenge], person), person, _teams_of(person, challenge.edition_id), now)


def boxes_of(challenges: Sequence[Challenge], *, person: Person, now: datetime) -> list[Box]:
    """The same for several challenges of one edition, in as many queries as for one."""
    rows = _rows(challenges, person)
    teams = _teams_of(person, challenges[0].edition_id) if challenges else frozenset()
    return [_box(one, [row for row in rows if row.challenge_id == one.pk], person, teams, now) for one in challenges]


def one_box(*, edition: Edition, challenge_slug: str, person: Person | None, now: datetime) -> Box:
    """The box of a challenge that this person may read. Refused: not_found."""
    visible = Challenge.objects.visible_to(person).select_related("edition")
    challenge = visible.filter(edition=edition, slug=challenge_slug).first()
    if challenge is None or not can(person, "challenge.read", challenge, at=now):
        raise Refused("not_found")
    return box_of(challenge, person=person, now=now)


def one_question(*, edition: Edition, question_id: int, person: Person | None, now: datetime) -> Shown:
    """A question of the edition for whoever looks after its challenge. Refused: not_found."""
    rows = Question.objects.visible_to(person).filter(challenge__edition=edition, pk=question_id)
    row = _with_voice(rows).select_related("challenge__edition", "team", "answered_by", "person").first()
    if row is None or not can(person, "question.read", row.challenge, at=now):
        raise Refused("not_found")
    return _box(row.challenge, [row], person, frozenset(), now).shown[0]


def news_of(challenge: Challenge, *, team: Team) -> list[Step | Question]:
    """What a team should know of its challenge: amendments, and answers to it or to all. The latest first, three at most."""
    amended = list(challenge.steps.filter(kind=Step.Kind.AMENDED).order_by("-at")[:LATEST])
    answered = challenge.questions.filter(Q(to_all=True) | Q(team=team), answered_at__isnull=False, hidden_at=None)
    news: list[Step | Question] = [*amended, *answered.order_by("-answered_at")[:LATEST]]
    return sorted(news, key=lambda one: one.at if isinstance(one, Step) else one.answered_at or one.asked_at, reverse=True)[
        :LATEST
    ]


def open_questions(challenges: Sequence[Challenge]) -> dict[int, int]:
    """How many questions wait for an answer: number of the challenge to the count."""
    waiting = Question.objects.filter(challenge__in=challenges, answered_at=None, hidden_at=None)
    return dict(waiting.order_by().values_list("challenge").annotate(n=Count("pk")))


def open_questions_by_team(challenges: Sequence[Challenge]) -> dict[tuple[int, int], int]:
    """The same per (challenge, team)."""
    waiting = Question.objects.filter(challenge__in=challenges, answered_at=None, hidden_at=None, team__isnull=False)
    counted = waiting.order_by().values_list("challenge", "team").annotate(n=Count("pk"))
    return {(challenge, team or 0): n for challenge, team, n in counted}


def _rows(challenges: Sequence[Challenge], person: Person | None) -> list[Question]:
    visible = Question.objects.visible_to(person).filter(challenge__in=challenges)
    return list(_with_voice(visible).select_related("team", "answered_by", "person").order_by("-asked_at", "-pk"))


def _with_voice(questions: QuerySet[Question]) -> QuerySet[Question]:
    """Facilitators answer in the organisers' name, unless they are there for the challenge's partner as well."""
    roles = Role.objects.filter(person=OuterRef("answered_by"), edition=OuterRef("challenge__edition"))
    partner = roles.filter(role=Role.Name.PARTNER, organisation=OuterRef("challenge__partner"))
    facilitator = roles.filter(role=Role.Name.FACILITATOR)
    organiser = roles.filter(role=Role.Name.ORGANISER)
    return questions.annotate(by_organisers=Exists(facilitator) & ~Exists(partner) & ~Exists(organiser))


def _teams_of(person: Person | None, edition_id: int) -> frozenset[int]:
    if person is None or not person.is_authenticated:
        return frozenset()
    return frozenset(Membership.objects.filter(edition=edition_id, person=person).values_list("team", flat=True))


def _box(challenge: Challenge, rows: list[Question], person: Person | None, teams: frozenset[int], now: datetime) -> Box:
    answers = can(person, "question.answer", challenge, at=now)
    hides = can(person, "question.hide", challenge, at=now)
    reads = can(person, "question.read", challenge, at=now)
    shown = [
        Shown(
            question=row,
            asker=(row.team.name if row.team else "-") if reads else "",
            is_mine=row.team_id in teams or (row.team_id is None and person is not None and row.person_id == person.pk),
            may_answer=answers,
            may_hide=hides,
            by_organisers=row.by_organisers,  # type: ignore[attr-defined]  # annotated by _with_voice
        )
        for row in rows
    ]
    shown.sort(key=lambda one: one.question.answered_at is not None or one.question.hidden_at is not None)
    may_ask = challenge.published_at is not None and can(person, "question.ask", challenge, at=now)
    return Box(challenge=challenge, shown=shown, may_ask=may_ask)
