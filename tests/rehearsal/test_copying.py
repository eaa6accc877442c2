"""What a copy has of its original, what it lacks, and what is filled in."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db.models import ForeignKey, Model

from challenges.models import Challenge
from estrade.archive.scope import OF_AN_EDITION, SHARED, in_order, label_of
from estrade.editions.models import Announcement, Edition, Transition
from estrade.editions.phases import Phase
from estrade.journal.models import Event
from estrade.kernel.clock import db_now
from estrade.people.models import Person, Role
from estrade.rehearsal.cast import next_round_of
from estrade.rehearsal.copying import COPIED, NOT_COPIED
from estrade.rehearsal.rehearsals import start_rehearsal
from judging.ballots import write_score
from judging.finals import final_plan, open_final
from judging.models import Ballot, Criterion, Prize, Round, Score, Seat, Tie
from teams.models import Membership, Receipt, Submission, Team
from tests import builders
from tests.judging.stage import sign_off
from tests.rehearsal.world import a_bare_event, a_busy_event

HOUR = timedelta(hours=1)


def test_every_table_of_an_edition_is_copied_or_not_copied() -> None:
    assert set(COPIED) | NOT_COPIED == set(OF_AN_EDITION)
    assert set(COPIED) & NOT_COPIED == set()


def test_what_is_copied_points_at_what_is_there() -> None:
    reachable = {*COPIED, *SHARED}

    for model in (one for one in in_order() if label_of(one) in COPIED):
        fresh = COPIED[label_of(model)]
        assert set(fresh) <= {field.attname for field in model._meta.concrete_fields}, label_of(model)
        keys = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey) and field.attname not in fresh]
        assert {label_of(key.related_model) for key in keys} <= reachable, label_of(model)


def rows_of(label: str, edition: Edition) -> Any:
    model: type[Model] = apps.get_model(label)
    return model._default_manager.filter(**{OF_AN_EDITION[label]: edition.pk})


@pytest.mark.django_db
def test_copy_has_the_set_up_and_nothing_that_happened() -> None:
    stage = a_busy_event()
    counts = {label: rows_of(label, stage.edition).count() for label in COPIED}

    copy = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR).edition

    assert {label: rows_of(label, copy).count() for label in COPIED} == counts
    assert counts["judging.Ballot"] == 12
    for model in (Announcement, Transition):
        assert not model.objects.filter(edition=copy).exists()
    assert not Receipt.objects.filter(submission__team__edition=copy).exists()
    assert not Score.objects.filter(ballot__team__edition=copy).exists()
    assert not Event.objects.filter(edition=copy).exists()
    untouched = Submission.objects.filter(team__edition=copy, draft_title="", draft_text="", draft_revision=0, current=None)
    assert untouched.count() == 4
    assert set(Ballot.objects.filter(team__edition=copy).values_list("scored", "completed_at", "comment")) == {(0, None, "")}
    assert copy.rubrics.get().sealed_at is None


@pytest.mark.django_db
def test_copy_keeps_names_conflicts_and_who_belongs_where() -> None:
    stage = a_busy_event()

    copy = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR).edition

    for edition in (stage.edition, copy):
        barred = Ballot.objects.filter(team__edition=edition).exclude(barred_reason="")
        assert sorted(barred.values_list("seat__code", "team__name", "barred_reason")) == [
            ("J01", "busy team 2", "Hired one of them"), ("J02", "busy team 3", "tie"),
        ]  # fmt: skip
    for table, columns in (
        (Team, ("name", "number", "captain__first_name", "challenge__slug")),
        (Membership, ("team__name", "person__first_name")),
        (Challenge, ("slug", "title", "partner__slug")),
        (Seat, ("code", "number", "person__last_name")),
        (Tie, ("seat__code", "about__first_name")),
        (Criterion, ("key", "weight", "highest")),
        (Prize, ("name", "amount", "sponsor__slug")),
        (Role, ("role", "person__last_name", "organisation__slug")),
    ):
        path = OF_AN_EDITION[label_of(table)]
        ours, theirs = (
            sorted(map(str, table.objects.filter(**{path: one.pk}).values_list(*columns))) for one in (stage.edition, copy)
        )
        assert ours == theirs, table
    codes = Team.objects.values_list("join_code", flat=True)
    assert len(set(codes)) == len(codes)


@pytest.mark.django_db
def test_everybody_is_a_double_but_the_organisers() -> None:
    stage = a_busy_event()
    chief = builders.an_administrator()
    builders.a_role(stage.edition, "juror", person=chief)
    chief.email = "chief@example.org"
    chief.save()

    copy = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR).edition

    themselves = Role.objects.filter(edition=copy, person__rehearses=None)
    assert {(role.role, role.person_id) for role in themselves} == {("organiser", stage.organiser.pk)}
    doubles = list(Person.objects.filter(rehearses=copy))
    assert {(one.email, one.is_staff, one.is_superuser, one.has_usable_password()) for one in doubles} == {
        (None, False, False, False)
    }
    assert chief.last_name in {one.last_name for one in doubles}
    assert not Seat.objects.filter(round__edition=copy, person__rehearses=None).exists()
    assert len({one.password for one in doubles}) == len(doubles)


@pytest.mark.django_db
def test_copy_is_open_from_now_on_and_its_programme_keeps_its_order() -> None:
    stage = a_busy_event()
    Edition.objects.filter(pk=stage.edition.pk).update(freeze_at=db_now() + HOUR, published_at=None)

    copy = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR).edition

    assert copy.phase(db_now()) is Phase.OPEN
    assert copy.submissions_close_at - copy.opens_at == 0.40 * HOUR
    assert copy.freeze_at is not None
    assert copy.freeze_at - copy.opens_at == 0.85 * HOUR
    step = copy.programme.get()
    assert copy.opens_at < step.starts_at <= copy.judging_opens_at
    assert copy.starts_on <= copy.ends_on
    assert (copy.number, copy.network_id, copy.rehearses_id) == (stage.edition.number, stage.edition.network_id, stage.edition.pk)


@pytest.mark.django_db
def test_address_of_a_copy_cannot_be_guessed_and_fits() -> None:
    stage = a_busy_event(slug="a-name-that-is-as-long-as-an-address-may-be")

    copy = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR).edition

    begin, _, ending = copy.slug.partition("-repetition-")
    assert stage.edition.slug.startswith(begin)
    assert len(ending) == 8
    assert len(copy.slug) <= 50


@pytest.mark.django_db
def test_event_on_its_first_evening_gets_people_teams_criteria_and_a_jury() -> None:
    edition = a_bare_event()

    play = start_rehearsal(person=builders.organiser_of(edition), edition_id=edition.pk, length=HOUR)

    assert play.added == {"participants": 20, "teams": 4, "rubric": 3, "jurors": 5, "ballots": 20}
    teams = Team.objects.filter(edition=play.edition)
    assert [team.memberships.count() for team in teams] == [5, 5, 5, 5]
    assert all(team.captain_id for team in teams)
    assert set(play.facts["strength"]) == {str(team.pk) for team in teams}
    assert not Team.objects.filter(edition=edition).exists()
    assert not Role.objects.filter(edition=edition).exclude(role="organiser").exists()


@pytest.mark.django_db
def test_own_participants_form_the_teams_and_an_own_draft_challenge_is_published_in_the_copy_only() -> None:
    edition = a_bare_event()
    challenge = builders.a_challenge(edition, published=False)
    names = {builders.a_participant(edition).first_name for _ in range(7)}

    play = start_rehearsal(person=builders.organiser_of(edition), edition_id=edition.pk, length=HOUR)

    assert play.added == {"challenges": 1, "teams": 3, "rubric": 3, "jurors": 5, "ballots": 15}
    members = Membership.objects.filter(edition=play.edition)
    assert {one.person.first_name for one in members.select_related("person")} == names
    assert {team.challenge.slug for team in Team.objects.filter(edition=play.edition) if team.challenge} == {challenge.slug}
    challenge.refresh_from_db()
    assert challenge.published_at is None


@pytest.mark.django_db
def test_an_assignment_of_ones_own_is_kept() -> None:
    stage = a_busy_event()
    Ballot.objects.filter(seat=stage.seats[2]).exclude(team=stage.teams[0]).delete()

    play = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR)

    assert play.added == {}
    assert Ballot.objects.filter(seat__round__edition=play.edition, seat__code="J03").count() == 1


@pytest.mark.django_db
def test_the_rule_of_a_final_comes_along_and_its_jurors_score_it_once_it_is_opened() -> None:
    stage = a_busy_event()
    Round.objects.update(final_by="overall", final_count=2)
    play = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR)
    first = play.edition.rounds.get()
    play.edition = builders.bring_to(play.edition, Phase.JUDGING)
    assert next_round_of(play, after=first.pk) is None
    for ballot in Ballot.objects.filter(seat__round=first, barred_reason="").select_related("seat__person"):
        for criterion in first.rubric.criteria.all():
            value = Decimal(ballot.team.number)
            about: dict[str, Any] = {"edition_id": play.edition_id, "team_id": ballot.team_id, "criterion_id": criterion.pk}
            write_score(person=ballot.seat.person, **about, value=value, client_id=uuid4(), base_version=0)
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": play.edition_id}
    sign_off(person=stage.organiser, round_id=first.pk)
    plan = final_plan(person=stage.organiser, edition=play.edition)
    assert plan is not None

    final = open_final(**facts, key=plan.key, seats=[seat.pk for seat in plan.seats])
    cast = next_round_of(play, after=first.pk)

    assert (first.final_by, first.final_count) == ("overall", 2)
    assert cast is not None
    assert cast.round_id == final.pk
    open_ballots = Ballot.objects.counting().filter(seat__round=final)
    assert len(cast.plan) == open_ballots.count() * 3 > 0
