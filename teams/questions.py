"""Questions about challenges are asked, answered and hidden here.

Owns who reads what of a question: an answer goes to the team that asked or to everybody, never to one person, so that
no adult talks with a pupil alone; organisers read all of it. Never says who in a team asked.
Words: a question is *open* until it is answered or hidden; an answer *to all* stands on the page of the challenge.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from challenges.models import Challenge
from estrade.access.policy import can, require
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, PUBLIC, DomainEvent, challenge_stream, person_stream, record, team_stream
from estrade.kernel.cleantext import many_lines, not_longer
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.events import QuestionAnswered, QuestionAsked, QuestionHidden
from teams.models import Question, Team

LONGEST, LONGEST_ANSWER = 1000, 4000
# More unanswered ones than this help nobody, and a page full of them hides those of other teams.
MOST_OPEN = 5
MOST_IN_AN_HOUR = 20


def ask_question(*, person: Person, challenge_id: int, text: str, client_id: UUID) -> Question:
    """Ask about a published challenge, in the name of one's team. The same client id again is the same question.

    Refused: not_found, wrong_phase, text_missing, too_long, too_many_questions, client_id_reused.
    """
    with transaction.atomic():
        # The lock makes two copies of one press meet, and lets a team count its open questions.
        published = Challenge.objects.filter(published_at__isnull=False).select_related("edition")
        challenge = published.select_for_update(of=("self",), no_key=True).filter(pk=challenge_id).first()
        if challenge is None or not can(person, "challenge.read", challenge):
            raise Refused("not_found")
        require(person, "question.ask", challenge)
        team = Team.objects.filter(edition=challenge.edition_id, memberships__person=person, withdrawn_at=None).first()
        if earlier := Question.objects.filter(client_id=client_id).first():
            if (earlier.person_id, earlier.challenge_id) != (person.pk, challenge.pk):
                raise Refused("client_id_reused")
            return earlier
        text = not_longer("text", many_lines(text), LONGEST)
        if not text:
            raise Refused("text_missing", field="text")
        _require_few(challenge, team, person)
        question = Question.objects.create(
            challenge=challenge, team=team, person=person, client_id=client_id, text=text, asked_at=db_now()
        )
        asked = QuestionAsked(question=question.pk, challenge=challenge.pk, team=team.pk if team else None)
        _tell(question, asked, actor=person)
    return question


def answer_question(*, person: Person, question_id: int, text: str, to_all: bool) -> Question:
    """Answer once, to the team that asked or to all. Markdown.

    Refused: not_found, wrong_role, text_missing, too_long, question_answered, question_is_hidden,
    answer_to_all_only for a question of somebody without a team: an answer to one person alone does not exist.
    """
    with transaction.atomic():
        question = _locked(person, question_id)
        require(person, "question.answer", question)
        text = not_longer("text", many_lines(text), LONGEST_ANSWER)
        if not text:
            raise Refused("text_missing", field="text")
        if question.hidden_at is not None:
            raise Refused("question_is_hidden")
        if question.answered_at is not None:
            raise Refused("question_answered")
        if question.team_id is None and not to_all:
            raise Refused("answer_to_all_only")
        question.answer, question.to_all = text, to_all
        question.answered_at, question.answered_by = db_now(), person
        question.save(update_fields=["answer", "to_all", "answered_at", "answered_by"])
        _audit(question, person, "question.answer", after={"answer": text, "to_all": to_all})
        _tell_answered(question, person)
    return question


def share_answer(*, person: Person, question_id: int) -> Question:
    """Let everybody read an answer that one team had. Refused: not_found, wrong_role, question_unanswered, question_is_hidden."""
    with transaction.atomic():
        question = _locked(person, question_id)
        require(person, "question.answer", question)
        if question.to_all:
            return question
        if question.answered_at is None:
            raise Refused("question_unanswered")
        if question.hidden_at is not None:
            raise Refused("question_is_hidden")
        question.to_all = True
        question.save(update_fields=["to_all"])
        _audit(question, person, "question.answer", before={"to_all": False}, after={"to_all": True})
        _tell_answered(question, person)
    return question


def hide_question(*, person: Person, question_id: int, hidden: bool) -> Question:
    """Take a question with its answer off every page but the organisers', or show it again. Refused: not_found, wrong_role."""
    with transaction.atomic():
        question = _locked(person, question_id)
        require(person, "question.hide", question)
        if (question.hidden_at is not None) == hidden:
            return question
        question.hidden_at = db_now() if hidden else None
        question.save(update_fields=["hidden_at"])
        _audit(question, person, "question.hide", before={"hidden": not hidden}, after={"hidden": hidden})
        told = QuestionHidden(question=question.pk, challenge=question.challenge_id, hidden=hidden)
        _tell(question, told, actor=person, everybody=question.to_all)
    return question


def _require_few(challenge: Challenge, team: Team | None, person: Person) -> None:
    mine = Question.objects.filter(challenge=challenge, team=team)
    if team is None:
        mine = mine.filter(person=person)
    if mine.filter(answered_at=None, hidden_at=None).count() >= MOST_OPEN:
        raise Refused("too_many_questions", limit=MOST_OPEN)
    if mine.filter(asked_at__gt=db_now() - timedelta(hours=1)).count() >= MOST_IN_AN_HOUR:
        raise Refused("too_many_questions", limit=MOST_IN_AN_HOUR)


def _locked(person: Person, question_id: int) -> Question:
    visible = Question.objects.visible_to(person).select_related("challenge__edition")
    question = visible.select_for_update(of=("self",)).filter(pk=question_id).first()
    if question is None:
        raise Refused("not_found")
    return question


def _audit(question: Question, person: Person, action: str, *, before: object = None, after: object = None) -> None:
    audit(
        edition_id=question.challenge.edition_id,
        actor_id=person.pk,
        action=action,
        thing=f"question {question.pk}",
        before=before,
        after=after,
    )


def _tell_answered(question: Question, person: Person) -> None:
    told = QuestionAnswered(question=question.pk, challenge=question.challenge_id, to_all=question.to_all)
    _tell(question, told, actor=person, everybody=question.to_all)


def _tell(question: Question, event: DomainEvent, *, actor: Person, everybody: bool = False) -> None:
    on = [ORGANISERS, challenge_stream(question.challenge_id)]
    if question.team_id is not None:
        on.append(team_stream(question.team_id))
    elif question.person_id is not None:
        on.append(person_stream(question.person_id))
    if everybody:
        on.append(PUBLIC)
    record(event, edition_id=question.challenge.edition_id, on=on, actor_id=actor.pk)
