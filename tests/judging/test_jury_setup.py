"""The jury put together by an organiser: one form a juror, a code at once, ballots without a further step."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from estrade.editions.phases import Phase
from estrade.kernel.refusal import Refused
from estrade.people.codes import owner_of
from judging.jury import add_juror, give_everybody_every_team, jury_setup, set_weights
from judging.models import Ballot, Criterion, Round, Rubric
from judging.panels import assign_at_opening
from tests.builders import a_challenge, a_role, a_team, an_edition, an_organisation, bring_to, organiser_of

pytestmark = pytest.mark.django_db


def test_the_first_juror_brings_round_rubric_seat_ballots_and_a_code() -> None:
    edition = an_edition()
    team = a_team(edition)

    badge = add_juror(person=organiser_of(edition), edition_id=edition.pk, first_name="Ada", last_name="Lovelace")

    assert owner_of(badge.code).person == badge.person
    assert Round.objects.get().edition == edition
    assert sum(Criterion.objects.values_list("weight", flat=True)) == 100
    assert list(Ballot.objects.values_list("team", "seat__person")) == [(team.pk, badge.person.pk)]


def test_a_second_juror_sits_in_the_same_round() -> None:
    edition = an_edition()
    organiser = organiser_of(edition)

    add_juror(person=organiser, edition_id=edition.pk, first_name="Ada", last_name="Lovelace")
    add_juror(person=organiser, edition_id=edition.pk, first_name="Alan", last_name="Turing", is_president=True)

    setup = jury_setup(person=organiser, edition=edition)
    assert [(line.seat.code, line.is_chair) for line in setup.seats] == [("J01", False), ("J02", True)]
    assert Rubric.objects.count() == 1


def test_a_juror_of_the_partner_does_not_score_its_teams() -> None:
    edition = an_edition()
    partner = an_organisation("Keolis")
    own, other = a_team(edition, challenge=a_challenge(edition, partner=partner)), a_team(edition)

    add_juror(
        person=organiser_of(edition), edition_id=edition.pk, first_name="Ada", last_name="Lovelace", organisation=" keolis "
    )

    assert dict(Ballot.objects.values_list("team", "barred_reason")) == {own.pk: "own_challenge", other.pk: ""}


def test_a_name_is_needed_and_nothing_is_half_done() -> None:
    edition = an_edition()

    with pytest.raises(Refused, match="name_missing"):
        add_juror(person=organiser_of(edition), edition_id=edition.pk, first_name=" ", last_name="")

    assert (Round.objects.count(), Rubric.objects.count()) == (0, 0)


def test_a_rehearsal_takes_no_real_juror() -> None:
    edition = an_edition()
    copy = an_edition()
    copy.rehearses = edition
    copy.save()

    with pytest.raises(Refused, match="rehearsal_only"):
        add_juror(person=organiser_of(copy), edition_id=copy.pk, first_name="Ada", last_name="Lovelace")


def test_teams_that_come_later_are_added_when_scoring_opens() -> None:
    edition = an_edition()
    organiser = organiser_of(edition)
    add_juror(person=organiser, edition_id=edition.pk, first_name="Ada", last_name="Lovelace")
    team = a_team(edition)
    assert jury_setup(person=organiser, edition=edition).missing == 1
    bring_to(edition, Phase.JUDGING)
    edition.refresh_from_db()

    first = assign_at_opening(edition_id=edition.pk, due_at=edition.judging_opens_at)
    again = assign_at_opening(edition_id=edition.pk, due_at=edition.judging_opens_at)

    assert (first, again) == (True, False)
    assert Ballot.objects.get().team == team
    assert jury_setup(person=organiser, edition=edition).missing == 0


def test_an_organiser_adds_them_at_once() -> None:
    edition = an_edition()
    organiser = organiser_of(edition)
    add_juror(person=organiser, edition_id=edition.pk, first_name="Ada", last_name="Lovelace")
    a_team(edition), a_team(edition)

    assert give_everybody_every_team(person=organiser, edition_id=edition.pk) == 2
    assert give_everybody_every_team(person=organiser, edition_id=edition.pk) == 0


def test_weights_change_together_or_not_at_all() -> None:
    edition = an_edition()
    organiser = organiser_of(edition)
    add_juror(person=organiser, edition_id=edition.pk, first_name="Ada", last_name="Lovelace")
    criteria = list(Criterion.objects.all())

    only_the_last = dict.fromkeys([one.pk for one in criteria[:-1]], Decimal(0)) | {criteria[-1].pk: Decimal(7)}
    set_weights(person=organiser, edition_id=edition.pk, weights=only_the_last)
    with pytest.raises(Refused, match="rubric_without_weight"):
        set_weights(person=organiser, edition_id=edition.pk, weights=dict.fromkeys(only_the_last, Decimal(0)))

    assert [one.weight for one in Criterion.objects.all()] == [0, 0, 0, 0, 7]


# --- Pages --------------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_the_page_adds_a_juror_and_shows_the_code_once() -> None:
    edition = an_edition()
    client = Client(headers={"accept-language": "en"})
    client.force_login(organiser_of(edition))
    empty = client.get(reverse("judging:setup", args=[edition.slug])).content.decode()

    added = client.post(
        reverse("judging:add_juror", args=[edition.slug]), {"first_name": "Ada", "last_name": "Lovelace", "organisation": "EDF"}
    )
    page = client.get(reverse("judging:setup", args=[edition.slug])).content.decode()

    assert "Nobody is in the jury yet" in empty
    assert "Print this page now" in added.content.decode()
    assert added["Cache-Control"] == "private, no-store"
    assert "Ada Lovelace" in page
    assert "EDF" in page


@pytest.mark.embedded
def test_the_page_takes_a_decimal_comma_and_refuses_words() -> None:
    edition = an_edition()
    organiser = organiser_of(edition)
    add_juror(person=organiser, edition_id=edition.pk, first_name="Ada", last_name="Lovelace")
    client = Client(headers={"accept-language": "fr"})
    client.force_login(organiser)
    names = [f"weight-{one.pk}" for one in Criterion.objects.all()]
    where = reverse("judging:weights", args=[edition.slug])

    client.post(where, dict.fromkeys(names, "12,5"))
    after = list(Criterion.objects.values_list("weight", flat=True))
    refused = client.post(where, dict.fromkeys(names, "beaucoup"), follow=True).content.decode()

    assert after == [Decimal("12.50")] * 5
    assert "alert--danger" in refused
    assert list(Criterion.objects.values_list("weight", flat=True)) == after


@pytest.mark.embedded
def test_no_more_queries_for_eight_jurors_than_for_two() -> None:
    edition = an_edition()
    organiser = organiser_of(edition)
    client = Client()
    client.force_login(organiser)

    counts = []
    for more in (2, 6):
        for number in range(more):
            add_juror(person=organiser, edition_id=edition.pk, first_name=f"J{more}{number}", last_name="Juror")
        client.get(reverse("judging:setup", args=[edition.slug]))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("judging:setup", args=[edition.slug]))
        counts.append(len(asked))

    assert counts[0] == counts[1]


@pytest.mark.embedded
@pytest.mark.parametrize("role", ["participant", "juror", "partner", "facilitator"])
def test_the_page_is_the_organisers(role: str) -> None:
    edition = an_edition()
    client = Client()
    client.force_login(a_role(edition, role))

    answers = [
        client.get(reverse("judging:setup", args=[edition.slug])),
        client.post(reverse("judging:add_juror", args=[edition.slug]), {"first_name": "A", "last_name": "B"}),
        client.post(reverse("judging:assign", args=[edition.slug])),
        client.post(reverse("judging:weights", args=[edition.slug])),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert Round.objects.count() == 0


def test_nothing_is_added_after_the_results_are_out() -> None:
    edition = an_edition()
    organiser = a_role(edition, "organiser")
    bring_to(edition, Phase.PUBLISHED)

    with pytest.raises(Refused, match="wrong_phase"):
        add_juror(person=organiser, edition_id=edition.pk, first_name="Ada", last_name="Lovelace")
