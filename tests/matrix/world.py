"""One edition in which somebody holds every role, once over what is their own and once over what is not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser

from challenges.challenges import ChallengeText, create_challenge, edit_challenge, publish_challenge
from challenges.models import Challenge
from estrade.archive.exports import export_table
from estrade.editions.announcements import announce
from estrade.editions.deadlines import move_deadline
from estrade.editions.models import Edition, ProgrammeStep
from estrade.editions.phases import Phase
from estrade.editions.programme import NewStep, begin_next, write_programme
from estrade.kernel.clock import db_now
from estrade.people.accounts import close_account
from estrade.people.codes import issue_codes
from estrade.people.models import Organisation, Person
from estrade.people.people import give_role
from estrade.rehearsal.rehearsals import start_rehearsal
from judging.ballots import write_score
from judging.boards import freeze_board
from judging.models import Criterion, Round
from judging.panels import assign_everybody, open_round, seat_juror
from judging.reveal import sign_off
from judging.rubrics import NewCriterion, create_rubric
from teams.composing import stop_composition
from teams.extensions import extend_team
from teams.intake import import_participants
from teams.membership import change_captain, create_team, join_team, withdraw_team
from teams.models import Receipt, Team
from teams.people_changes import PersonWords, edit_person
from teams.submissions import accept_late, deliver_submission, save_draft
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
    team: Team
    member: Person
    late: Receipt
    round: Round
    criterion: Criterion
    step: ProgrammeStep
    actors: list[Actor]


def a_world() -> World:
    """Open; bring it to a phase with `bring_to(world.edition, phase)`."""
    edition, partner = an_edition(), an_organisation("SNCF")
    organiser = a_role(edition, "organiser")
    challenge, draft = a_challenge(edition, partner=partner), a_challenge(edition, partner=partner, published=False)
    team, other = a_draft(a_team(edition, challenge=challenge, members=2)), a_team(edition, members=2)
    late = a_delivered_submission(team, late=True)
    bring_to(edition, Phase.OPEN)
    rubric = create_rubric(
        person=organiser, edition_id=edition.pk, criteria=[NewCriterion(key="answer", label={"en": "Answer"}, weight=Decimal(1))]
    )
    round_ = open_round(person=organiser, edition_id=edition.pk, rubric_id=rubric.pk)
    seated = [a_role(edition, role) for role in ("juror", "president")]
    for juror in seated:
        seat_juror(person=organiser, round_id=round_.pk, juror_id=juror.pk)
    assign_everybody(person=organiser, round_id=round_.pk)
    member, other_member = team.memberships.all()[1].person, other.memberships.all()[1].person
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
    return World(edition, partner, draft, team, member, late, round_, rubric.criteria.get(), step, actors)


TEXT = ChallengeText(title={"en": "Shade"}, question={"en": "How?"})

# Every action of the table that a verb asks about, and how somebody tries it.
TRIES: dict[str, Callable[[World, Any], object]] = {
    "account.close": lambda w, p: close_account(person=p, account_id=w.member.pk, reason="Asked for by the person"),
    "announcement.send": lambda w, p: announce(person=p, edition_id=w.edition.pk, text="Hello"),
    "board.freeze": lambda w, p: freeze_board(person=p, edition_id=w.edition.pk),
    "challenge.publish": lambda w, p: publish_challenge(person=p, challenge_id=w.draft.pk),
    "challenge.write": lambda w, p: (
        edit_challenge(person=p, challenge_id=w.draft.pk, text=TEXT),
        create_challenge(person=p, edition_id=w.edition.pk, partner_id=w.partner.pk, slug="shade", text=TEXT),
    ),
    "codes.issue": lambda w, p: issue_codes(person=p, edition_id=w.edition.pk, role="participant"),
    "data.export": lambda w, p: export_table(person=p, edition=w.edition, key="teams"),
    "deadline.move": lambda w, p: move_deadline(
        person=p, edition_id=w.edition.pk, name="freeze", at=db_now() + timedelta(days=3)
    ),
    "draft.write": lambda w, p: save_draft(person=p, team_id=w.team.pk, **WORDS | {"title": "Mine"}, base_revision=1),
    "edition.manage": lambda w, p: give_role(person=p, edition_id=w.edition.pk, to=w.member, role="juror"),
    "people.edit": lambda w, p: edit_person(
        person=p, edition_id=w.edition.pk, person_id=w.member.pk,
        words=PersonWords(first_name=w.member.first_name, last_name=w.member.last_name, school_id=None, level="Master 1"),
    ),
    "people.import": lambda w, p: import_participants(person=p, edition=w.edition, data=b"", filename="empty.csv"),
    "programme.run": lambda w, p: begin_next(person=p, edition_id=w.edition.pk, step_id=w.step.pk),
    "rehearsal.manage": lambda w, p: start_rehearsal(person=p, edition_id=w.edition.pk, length=timedelta(minutes=5)),
    "results.sign_off": lambda w, p: sign_off(person=p, round_id=w.round.pk),
    "score.write": lambda w, p: write_score(
        person=p, edition_id=w.edition.pk, team_id=w.team.pk, criterion_id=w.criterion.pk,
        value=Decimal(3), client_id=uuid4(), base_version=0,
    ),
    "submission.accept_late": lambda w, p: accept_late(person=p, receipt_id=w.late.pk, reason="The network was down"),
    "submission.deliver": lambda w, p: deliver_submission(person=p, team_id=w.team.pk, client_id=uuid4()),
    "teams.compose": lambda w, p: stop_composition(person=p, edition_id=w.edition.pk),
    "team.create": lambda w, p: create_team(person=p, edition_id=w.edition.pk, name="Another team"),
    "team.extend": lambda w, p: extend_team(person=p, team_id=w.team.pk, minutes=5, reason="A power cut"),
    "team.join": lambda w, p: join_team(person=p, edition_id=w.edition.pk, code=w.team.join_code),
    "team.manage": lambda w, p: change_captain(person=p, team_id=w.team.pk, to_person_id=w.member.pk),
    "team.withdraw": lambda w, p: withdraw_team(person=p, team_id=w.team.pk, reason="We are ill"),
}  # fmt: skip
