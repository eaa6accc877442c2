"""Challenges are written, published and read."""

from typing import Any

import pytest

from challenges.challenges import (
    ChallengeText,
    amend_challenge,
    create_challenge,
    edit_challenge,
    publish_challenge,
    send_back,
    submit_challenge,
)
from challenges.models import Challenge
from challenges.reads import own_challenges, visible_challenges
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.refusal import Refused
from tests.builders import (
    a_challenge,
    a_participant,
    a_role,
    a_team,
    an_edition,
    an_organisation,
    bring_to,
    organiser_of,
)

pytestmark = pytest.mark.django_db

TEXT = ChallengeText(
    title={"fr": "Frais"}, question={"fr": "Comment ?"}, body={"fr": "# Oui\r\n\r\nMerci"}, capacity=3, position=2
)


def test_a_partner_drafts_edits_and_submits_an_own_challenge_and_an_organiser_publishes_it() -> None:
    edition, partner = an_edition(), an_organisation("SNCF")
    person, organiser = a_role(edition, "partner", organisation=partner), organiser_of(edition)

    challenge = create_challenge(person=person, edition_id=edition.pk, partner_id=partner.pk, slug="frais", text=TEXT)
    edit_challenge(person=person, challenge_id=challenge.pk, revision=1, text=TEXT)
    submitted = [submit_challenge(person=person, challenge_id=challenge.pk, revision=2) for _ in range(2)]
    published = [publish_challenge(person=organiser, challenge_id=challenge.pk, revision=2) for _ in range(2)]

    challenge.refresh_from_db()
    assert (challenge.title, challenge.body, challenge.capacity) == ({"fr": "Frais"}, {"fr": "# Oui\n\nMerci"}, 3)
    assert published[0].published_at == published[1].published_at == challenge.published_at
    told = Event.objects.filter(kind="challenge.published").order_by("stream")
    assert [event.stream for event in told] == [f"challenge.{challenge.pk}", "organisers", "public"]
    assert {event.payload["challenge"] for event in told} == {challenge.pk}
    assert AuditEntry.objects.filter(action="challenge.write").count() == 2
    assert [one.state for one in submitted] == ["waiting", "waiting"]
    assert list(challenge.steps.values_list("kind", "person")) == [("submitted", person.pk), ("published", organiser.pk)]


def test_a_draft_is_seen_by_its_partner_and_the_organisers_only() -> None:
    edition, partner = an_edition(), an_organisation("SNCF")
    draft, public = a_challenge(edition, partner=partner, published=False), a_challenge(edition)
    own = a_role(edition, "partner", organisation=partner)
    other = a_role(edition, "partner", organisation=an_organisation("EDF"))
    of_another_edition = a_role(an_edition(), "organiser")

    def seen(person: Any) -> set[Challenge]:
        return set(visible_challenges(edition=edition, person=person))

    assert seen(own) == seen(organiser_of(edition)) == {draft, public}
    assert seen(None) == seen(other) == seen(a_participant(edition)) == seen(of_another_edition) == {public}
    assert set(own_challenges(edition=edition, person=own)) == {draft}
    assert set(own_challenges(edition=edition, person=other)) == set()


def test_a_challenge_counts_its_teams() -> None:
    edition = an_edition()
    challenge = a_challenge(edition)
    for _ in range(2):
        a_team(edition, challenge=challenge)

    assert [vars(one)["team_count"] for one in visible_challenges(edition=edition, person=None)] == [2]


def test_nobody_touches_a_foreign_challenge() -> None:
    edition = an_edition()
    draft, public = a_challenge(edition, published=False), a_challenge(edition)
    foreign = a_role(edition, "partner", organisation=an_organisation("EDF"))

    tries: list[tuple[Any, dict[str, Any]]] = [
        (edit_challenge, {"text": TEXT, "revision": 1}), (amend_challenge, {"text": TEXT, "revision": 1, "why": "An error"}),
        (submit_challenge, {"revision": 1}), (publish_challenge, {"revision": 1}), (send_back, {"remark": "No"}),
    ]  # fmt: skip
    for verb, more in tries:
        with pytest.raises(Refused, match="not_found"):
            verb(person=foreign, challenge_id=draft.pk, **more)
        with pytest.raises(Refused, match="wrong_role"):
            verb(person=foreign, challenge_id=public.pk, **more)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": {"fr": "x" * 10_000}}, "too_long"),
        ({"question": {"fr": "x" * 301}}, "too_long"),
        ({"title": {"fr": " "}}, "challenge_incomplete"),
        ({"question": {}}, "challenge_incomplete"),
    ],
)
def test_a_public_challenge_keeps_a_title_and_a_question(changes: dict[str, Any], code: str) -> None:
    edition = an_edition(Phase.BEFORE)
    challenge = a_challenge(edition)
    text = ChallengeText(**vars(TEXT) | changes)

    with pytest.raises(Refused, match=code):
        edit_challenge(person=organiser_of(edition), challenge_id=challenge.pk, revision=1, text=text)
    bring_to(edition, Phase.OPEN)
    with pytest.raises(Refused, match=code):
        amend_challenge(person=organiser_of(edition), challenge_id=challenge.pk, revision=1, text=text, why="An error")

    before = dict(challenge.title)
    challenge.refresh_from_db()
    assert challenge.title == before


def test_an_incomplete_challenge_is_not_published() -> None:
    edition = an_edition()
    draft = a_challenge(edition, published=False, question={"fr": "", "en": ""})

    with pytest.raises(Refused, match="challenge_incomplete"):
        publish_challenge(person=organiser_of(edition), challenge_id=draft.pk, revision=1)

    assert not Event.objects.filter(kind="challenge.published").exists()


def test_a_slug_is_given_once_per_edition() -> None:
    edition, other, partner = an_edition(), an_edition(), an_organisation("SNCF")
    wish: dict[str, Any] = {"partner_id": partner.pk, "slug": "frais", "text": TEXT}
    create_challenge(person=organiser_of(edition), edition_id=edition.pk, **wish)

    with pytest.raises(Refused, match="name_taken"):
        create_challenge(person=organiser_of(edition), edition_id=edition.pk, **wish)
    assert create_challenge(person=organiser_of(other), edition_id=other.pk, **wish).slug == "frais"


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.JUDGING, Phase.PUBLISHED])
def test_challenges_stand_still_after_the_deadline(phase: Phase) -> None:
    edition = an_edition()
    challenge = a_challenge(edition)
    bring_to(edition, phase)

    with pytest.raises(Refused, match="wrong_phase"):
        edit_challenge(person=organiser_of(edition), challenge_id=challenge.pk, revision=1, text=TEXT)
    with pytest.raises(Refused, match="wrong_phase"):
        amend_challenge(person=organiser_of(edition), challenge_id=challenge.pk, revision=1, text=TEXT, why="An error")


@pytest.mark.embedded
def test_the_list_asks_as_much_for_one_as_for_three(django_assert_num_queries: Any) -> None:
    edition = an_edition()
    for _ in range(2):
        for _ in range(2):
            a_challenge(edition)
        with django_assert_num_queries(1):
            [one.partner.short_name for one in visible_challenges(edition=edition, person=None)]
