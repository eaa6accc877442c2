"""One edition in which somebody holds every role, once over what is their own and once over what is not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser

from challenges.challenges import (
    ChallengeText,
    amend_challenge,
    create_challenge,
    edit_challenge,
    publish_challenge,
    submit_challenge,
)
from challenges.models import Challenge
from estrade.archive.exports import export_table
from estrade.dossiers.dossiers import release_dossiers
from estrade.editions.announcements import announce
from estrade.editions.deadlines import move_deadline
from estrade.editions.models import Edition, ProgrammeStep
from estrade.editions.phases import Phase
from estrade.editions.programme import NewStep, begin_next, write_programme
from estrade.kernel.clock import db_now
from estrade.people.accounts import close_account
from estrade.people.codes import issue_codes
from estrade.people.invitations import invite_people
from estrade.people.models import Organisation, Person
from estrade.people.people import give_role
from estrade.rehearsal.rehearsals import start_rehearsal
from judging.ballots import write_score
from judging.boards import freeze_board
from judging.conflicts import declare_conflict
from judging.corrections import correct_score, void_ballot
from judging.deliberation import add_minute, decide_tie, nudge_juror
from judging.feedback import release_feedback
from judging.help import call_for_help, claim_help, end_help
from judging.models import Ballot, Criterion, HelpCall, Prize, Round
from judging.panels import assign_everybody, open_round, seat_juror
from judging.paper import discard_sheet, type_sheet
from judging.plans import take_next_team
from judging.prizes import NewPrize, choose_winner, offer_prize
from judging.record import record_versions
from judging.reveal import sign_off
from judging.rubrics import NewCriterion, create_rubric
from judging.stage import put_on_stage
from judging.votes import cast_vote, open_voting
from teams.approaches import ask_to_join
from teams.composing import stop_composition
from teams.contacts import decide_about_contact
from teams.extensions import extend_team
from teams.form_fields import Asked
from teams.intake import import_participants
from teams.membership import change_captain, create_team, join_team, withdraw_team
from teams.models import Question, Receipt, Team
from teams.mornings import mark_absences
from teams.notices import post_own_notice, post_team_notice
from teams.people_changes import PersonWords, edit_person
from teams.questions import answer_question, ask_question, hide_question
from teams.repairs import reopen_team
from teams.submission_form import change_form
from teams.submissions import accept_late, deliver_submission, save_draft, withdraw_submission
from tests.builders import (
    WORDS,
    a_challenge,
    a_delivered_submission,
    a_draft,
    a_participant,
    a_role,
    a_team,
    an_administrator,
    an_edition,
    an_organisation,
    bring_to,
    captain_of,
)


@dataclass(frozen=True)
class Actor:
    """Somebody who asks: columns of the table that are theirs, and those in which the thing is their own."""

    name: str
    person: Any
    roles: frozenset[str]
    own: frozenset[str] = frozenset()


@dataclass
class World:
    """The things that rights are asked about."""

    edition: Edition
    partner: Organisation
    draft: Challenge
    challenge: Challenge
    question: Question
    team: Team
    on_board: Team
    member: Person
    late: Receipt
    round: Round
    criterion: Criterion
    call: HelpCall
    step: ProgrammeStep
    prize: Prize
    applause: Prize
    actors: list[Actor]


def a_world() -> World:
    """Open; bring it to a phase with `bring_to(world.edition, phase)`."""
    edition, partner = an_edition(), an_organisation("SNCF")
    organiser = a_role(edition, "organiser")
    challenge, draft = a_challenge(edition, partner=partner), a_challenge(edition, partner=partner, published=False)
    team, other = a_draft(a_team(edition, challenge=challenge, members=2)), a_team(edition, members=2)
    late = a_delivered_submission(team, late=True)
    bring_to(edition, Phase.OPEN)
    on_board = a_team(edition)
    post_team_notice(person=captain_of(on_board), team_id=on_board.pk, text="Join us", skills=[])
    rubric = create_rubric(
        person=organiser, edition_id=edition.pk, criteria=[NewCriterion(key="answer", label={"en": "Answer"}, weight=Decimal(1))]
    )
    round_ = open_round(person=organiser, edition_id=edition.pk, rubric_id=rubric.pk)
    seated = [a_role(edition, role) for role in ("juror", "president")]
    for juror in seated:
        seat_juror(person=organiser, round_id=round_.pk, juror_id=juror.pk)
    assign_everybody(person=organiser, round_id=round_.pk)
    call = HelpCall.objects.create(seat=round_.seats.get(person=seated[0]), called_at=db_now())
    member, other_member = team.memberships.all()[1].person, other.memberships.all()[1].person
    question = ask_question(person=member, challenge_id=challenge.pk, text="Which data?", client_id=uuid4())
    jury = frozenset({"president", "juror"})
    actors = [
        Actor("nobody", AnonymousUser(), frozenset()),
        Actor("a stranger", a_role(an_edition(), "participant"), frozenset()),
        Actor("a participant", a_participant(edition), frozenset({"participant"})),
        Actor("a member", member, frozenset({"participant"}), frozenset({"participant"})),
        Actor("another member", other_member, frozenset({"participant"})),
        Actor("the captain", captain_of(team), frozenset({"participant", "captain"}), frozenset({"participant", "captain"})),
        Actor("another captain", captain_of(other), frozenset({"participant"})),
        Actor("the partner", a_role(edition, "partner", organisation=partner), frozenset({"partner"}), frozenset({"partner"})),
        Actor("another partner", a_role(edition, "partner", organisation=an_organisation("EDF")), frozenset({"partner"})),
        Actor("a facilitator", a_role(edition, "facilitator"), frozenset({"facilitator"})),
        Actor("a juror with a seat", seated[0], frozenset({"juror"}), frozenset({"juror"})),
        Actor("a juror without", a_role(edition, "juror"), frozenset({"juror"})),
        Actor("the president", seated[1], jury, frozenset({"juror"})),
        Actor("a school's contact", a_role(edition, "school_contact"), frozenset({"school_contact"})),
        Actor("an organiser", organiser, frozenset({"organiser"})),
        Actor("an organiser elsewhere", a_role(an_edition(), "organiser"), frozenset()),
        Actor("an administrator", an_administrator(), frozenset({"admin"})),
    ]
    begun = NewStep(starts_at=db_now() - timedelta(days=900), title={"en": "Welcome"})
    write_programme(person=organiser, edition_id=edition.pk, steps=[begun])
    step = edition.programme.get()
    gift = NewPrize(name={"en": "The partner’s prize"}, sponsor=partner, decided_by="partner")
    things = (
        edition,
        partner,
        draft,
        challenge,
        question,
        team,
        on_board,
        member,
        late,
        round_,
        rubric.criteria.get(),
        call,
        step,
        offer_prize(person=organiser, edition_id=edition.pk, new=gift),
        an_open_vote(organiser, edition),
    )
    return World(*things, actors)


def an_open_vote(organiser: Person, edition: Edition) -> Prize:
    """About a prize of the audience."""
    new = NewPrize(name={"en": "The audience’s prize"}, decided_by="audience")
    prize = offer_prize(person=organiser, edition_id=edition.pk, new=new)
    return open_voting(person=organiser, prize_id=prize.pk)


def a_ballot(world: World) -> Ballot:
    return Ballot.objects.filter(seat__round=world.round).order_by("pk")[0]


TEXT = ChallengeText(title={"en": "Shade"}, question={"en": "How?"})

# Every action of the table that a verb asks about, and how somebody tries it.
TRIES: dict[str, Callable[[World, Any], object]] = {
    "account.close": lambda w, p: close_account(person=p, account_id=w.member.pk, reason="Asked for by the person"),
    "announcement.send": lambda w, p: announce(person=p, edition_id=w.edition.pk, text="Hello"),
    "board.freeze": lambda w, p: freeze_board(person=p, edition_id=w.edition.pk),
    "challenge.amend": lambda w, p: amend_challenge(person=p, challenge_id=w.challenge.pk, revision=1, text=TEXT, why="An error"),
    "challenge.publish": lambda w, p: publish_challenge(person=p, challenge_id=w.draft.pk, revision=1),
    "challenge.submit": lambda w, p: submit_challenge(person=p, challenge_id=w.draft.pk, revision=1),
    "challenge.write": lambda w, p: (
        edit_challenge(person=p, challenge_id=w.draft.pk, revision=1, text=TEXT),
        create_challenge(person=p, edition_id=w.edition.pk, partner_id=w.partner.pk, slug="shade", text=TEXT),
    ),
    "contact.decide": lambda w, p: decide_about_contact(person=p, edition_id=w.edition.pk, given=True),
    "dossier.release": lambda w, p: release_dossiers(person=p, edition_id=w.edition.pk, released=True, with_comments=True),
    "conflict.declare": lambda w, p: declare_conflict(person=p, edition_id=w.edition.pk, team_id=w.team.pk, kind="other"),
    "codes.issue": lambda w, p: issue_codes(person=p, edition_id=w.edition.pk, role="participant"),
    "data.export": lambda w, p: export_table(person=p, edition=w.edition, key="teams"),
    "deadline.move": lambda w, p: move_deadline(
        person=p, edition_id=w.edition.pk, name="freeze", at=db_now() + timedelta(days=3)
    ),
    "draft.write": lambda w, p: save_draft(person=p, team_id=w.team.pk, **WORDS | {"title": "Mine"}, base_revision=1),
    "edition.manage": lambda w, p: give_role(person=p, edition_id=w.edition.pk, to=w.member, role="juror"),
    "help.answer": lambda w, p: claim_help(person=p, call_id=w.call.pk),
    "help.call": lambda w, p: call_for_help(person=p, edition_id=w.edition.pk),
    "help.end": lambda w, p: end_help(person=p, call_id=w.call.pk),
    "people.edit": lambda w, p: edit_person(
        person=p, edition_id=w.edition.pk, person_id=w.member.pk,
        words=PersonWords(first_name=w.member.first_name, last_name=w.member.last_name, school_id=None, level="Master 1"),
    ),
    "people.invite": lambda w, p: invite_people(person=p, edition_id=w.edition.pk, text="", role="juror", language="fr"),
    "people.import": lambda w, p: import_participants(person=p, edition=w.edition, data=b"", filename="empty.csv"),
    "question.answer": lambda w, p: answer_question(person=p, question_id=w.question.pk, text="These.", to_all=False),
    "question.ask": lambda w, p: ask_question(person=p, challenge_id=w.challenge.pk, text="When?", client_id=uuid4()),
    "question.hide": lambda w, p: hide_question(person=p, question_id=w.question.pk, hidden=True),
    "prize.vote": lambda w, p: cast_vote(person=p, prize_id=w.applause.pk, team_id=w.on_board.pk),
    "prize.choose": lambda w, p: choose_winner(person=p, prize_id=w.prize.pk, team_id=w.team.pk),
    "programme.run": lambda w, p: begin_next(person=p, edition_id=w.edition.pk, step_id=w.step.pk),
    "rehearsal.manage": lambda w, p: start_rehearsal(person=p, edition_id=w.edition.pk, length=timedelta(minutes=5)),
    "jury.nudge": lambda w, p: nudge_juror(person=p, seat_id=w.round.seats.order_by("pk")[0].pk),
    "ballot.void": lambda w, p: void_ballot(person=p, ballot_id=a_ballot(w).pk, reason="Wrong team"),
    "score.correct": lambda w, p: correct_score(
        person=p, ballot_id=a_ballot(w).pk, criterion_id=w.criterion.pk, value=Decimal(3), reason="A slip"),
    "paper.type": lambda w, p: type_sheet(person=p, ballot_id=a_ballot(w).pk, marks={w.criterion.pk: Decimal(3)}),
    "paper.settle": lambda w, p: discard_sheet(person=p, ballot_id=a_ballot(w).pk),
    "deliberation.minute": lambda w, p: add_minute(person=p, round_id=w.round.pk, text="We talked."),
    "tie.decide": lambda w, p: decide_tie(person=p, round_id=w.round.pk, order=[1, 2], reason="We talked."),
    "feedback.release": lambda w, p: release_feedback(person=p, edition_id=w.edition.pk),
    "record.read": lambda w, p: record_versions(person=p, edition=w.edition),
    "results.sign_off": lambda w, p: sign_off(person=p, round_id=w.round.pk),
    "score.write": lambda w, p: write_score(
        person=p, edition_id=w.edition.pk, team_id=w.team.pk, criterion_id=w.criterion.pk,
        value=Decimal(3), client_id=uuid4(), base_version=0,
    ),
    "stage.manage": lambda w, p: put_on_stage(person=p, edition_id=w.edition.pk, team_id=w.team.pk),
    "submission.accept_late": lambda w, p: accept_late(person=p, receipt_id=w.late.pk, reason="The network was down"),
    "submission.form": lambda w, p: change_form(person=p, edition_id=w.edition.pk, asked=Asked(fields=(), quota_mb=50)),
    "submission.withdraw": lambda w, p: withdraw_submission(person=p, team_id=w.team.pk),
    "submission.deliver": lambda w, p: deliver_submission(person=p, team_id=w.team.pk, client_id=uuid4()),
    "teams.compose": lambda w, p: stop_composition(person=p, edition_id=w.edition.pk),
    "find.post": lambda w, p: post_own_notice(person=p, edition_id=w.edition.pk, text="Hello", skills=[]),
    "team.ask": lambda w, p: ask_to_join(person=p, edition_id=w.edition.pk, team_id=w.on_board.pk),
    "team.repair": lambda w, p: mark_absences(person=p, edition_id=w.edition.pk, marks={w.member.pk: "late"}),
    "team.reopen": lambda w, p: reopen_team(person=p, edition_id=w.edition.pk, team_id=w.team.pk),
    "team.create": lambda w, p: create_team(person=p, edition_id=w.edition.pk, name="Another team"),
    "team.extend": lambda w, p: extend_team(person=p, team_id=w.team.pk, minutes=5, reason="A power cut"),
    "team.join": lambda w, p: join_team(person=p, edition_id=w.edition.pk, code=w.team.join_code),
    "team.manage": lambda w, p: change_captain(person=p, team_id=w.team.pk, to_person_id=w.member.pk),
    "team.visit": lambda w, p: take_next_team(person=p, edition_id=w.edition.pk),
    "team.withdraw": lambda w, p: withdraw_team(person=p, team_id=w.team.pk, reason="We are ill"),
}  # fmt: skip
