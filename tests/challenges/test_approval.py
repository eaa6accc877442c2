"""From a partner's draft to a public challenge, and what may still change of it once teams read it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from challenges.challenges import (
    ChallengeText,
    amend_challenge,
    edit_challenge,
    publish_challenge,
    send_back,
    submit_challenge,
    text_of,
    write_own_challenge,
)
from challenges.models import Challenge, Step
from estrade.desk.preparation import preparation_of
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from tests.builders import a_challenge, a_role, a_team, an_edition, an_organisation, bring_to, captain_of, organiser_of

pytestmark = pytest.mark.django_db

TYPED = {"title": "Ombre", "question": "Comment ?", "capacity": "3"}


def a_partner(edition: Edition, name: str = "SNCF") -> tuple[Person, Any]:
    organisation = an_organisation(name)
    return a_role(edition, "partner", organisation=organisation), organisation


def client_of(person: Person, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(person)
    return client


def page(client: Client, edition: Edition, name: str, *more: str) -> str:
    return client.get(reverse(f"challenges:{name}", args=[edition.slug, *more])).text


def test_a_partner_submits_an_organiser_sends_back_and_then_publishes() -> None:
    edition = an_edition(Phase.BEFORE)
    partner, _organisation = a_partner(edition)
    theirs, ours = client_of(partner), client_of(organiser_of(edition))

    theirs.post(reverse("challenges:new", args=[edition.slug]), {**TYPED, "partner": str(_organisation.pk), "submit": "1"})
    challenge = Challenge.objects.get()
    asked = page(ours, edition, "manage")
    ours.post(reverse("challenges:send_back", args=[edition.slug, challenge.slug]), {"remark": "Who is on site?"})
    told = page(theirs, edition, "manage")
    theirs.post(
        reverse("challenges:edit", args=[edition.slug, challenge.slug]),
        {**TYPED, "referent": "Ada, room 104", "revision": "1", "submit": "1"},
    )
    ours.post(reverse("challenges:publish", args=[edition.slug, challenge.slug]), {"revision": "2"})

    challenge.refresh_from_db()
    assert "1 challenge awaits approval" in asked
    assert "Who is on site?" in told
    assert challenge.state == "published"
    assert list(challenge.steps.values_list("kind", flat=True)) == ["submitted", "sent_back", "submitted", "published"]
    assert [page(one, edition, "manage").count("Who is on site?") for one in (theirs, ours)] == [1, 1]


def test_the_check_list_counts_what_awaits_approval() -> None:
    edition = an_edition(Phase.BEFORE)
    draft = a_challenge(edition, published=False)

    submit_challenge(person=organiser_of(edition), challenge_id=draft.pk, revision=1)

    assert preparation_of(edition)[0].words == "0 sur 1, 1 défi attend la validation"


def test_an_organiser_approves_the_text_that_was_read() -> None:
    edition = an_edition(Phase.BEFORE)
    partner, organisation = a_partner(edition)
    draft = a_challenge(edition, partner=organisation, published=False)
    submit_challenge(person=partner, challenge_id=draft.pk, revision=1)

    edit_challenge(person=partner, challenge_id=draft.pk, revision=1, text=replace(text_of(draft), capacity=9))

    with pytest.raises(Refused, match="challenge_moved_on"):
        publish_challenge(person=organiser_of(edition), challenge_id=draft.pk, revision=1)
    with pytest.raises(Refused, match="challenge_moved_on"):
        edit_challenge(person=partner, challenge_id=draft.pk, revision=1, text=text_of(draft))
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_what_is_approved_changes_by_organisers_until_the_opening() -> None:
    edition = an_edition(Phase.BEFORE)
    partner, organisation = a_partner(edition)
    known = a_challenge(edition, partner=organisation)
    change: dict[str, Any] = {"challenge_id": known.pk, "revision": 1, "text": replace(text_of(known), capacity=2)}

    with pytest.raises(Refused, match="challenge_approved"):
        edit_challenge(person=partner, **change)
    edit_challenge(person=organiser_of(edition), **change)
    send_back(person=organiser_of(edition), challenge_id=known.pk, remark="The title says too much")

    known.refresh_from_db()
    assert (known.capacity, known.state, known.published_at) == (2, "draft", None)


def test_once_open_a_challenge_changes_only_by_a_dated_amendment_told_to_its_teams() -> None:
    edition = an_edition()
    partner, organisation = a_partner(edition)
    known = a_challenge(edition, partner=organisation)
    on_it, elsewhere = a_team(edition, challenge=known), a_team(edition)
    client, where = client_of(partner), reverse("challenges:edit", args=[edition.slug, known.slug])
    words = {"title": known.title["fr"], "question": known.question["fr"], "title_en": known.title["en"]}
    sent = {**words, "question_en": known.question["en"], "expected": "Une carte.", "revision": "1"}

    without_reason = client.post(where, sent)
    with pytest.raises(Refused, match="amendment_needed"):
        edit_challenge(person=organiser_of(edition), challenge_id=known.pk, revision=1, text=text_of(known))
    client.post(where, {**sent, "why": "Many asked what to hand over"})

    step = Step.objects.get(kind="amended")
    told = Event.objects.filter(kind="challenge.amended").order_by("stream").values_list("stream", flat=True)
    shown = Client(headers={"accept-language": "en"}).get(reverse("challenges:challenge", args=[edition.slug, known.slug])).text
    home = [client_of(captain_of(team)).get(reverse("teams:home", args=[edition.slug])).text for team in (on_it, elsewhere)]
    assert without_reason.status_code == 422
    assert (step.changed, step.words) == (["expected"], "Many asked what to hand over")
    assert list(told) == [f"challenge.{known.pk}", "organisers", "public", f"team.{on_it.pk}"]
    assert "Many asked what to hand over" in shown
    assert f'datetime="{step.at.isoformat(timespec="milliseconds")}' in shown
    assert ["Many asked what to hand over" in one for one in home] == [True, False]
    entry = AuditEntry.objects.get(action="challenge.amend")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.reason, entry.before["expected"], entry.after["expected"]) == (step.words, {}, {"fr": "Une carte."})


def test_an_amendment_that_changes_nothing_is_none_and_places_taken_stay() -> None:
    edition = an_edition()
    known = a_challenge(edition, capacity=3)
    for _ in range(2):
        a_team(edition, challenge=known)
    amend: dict[str, Any] = {"person": organiser_of(edition), "challenge_id": known.pk, "revision": 1, "why": "An error"}

    nothing = amend_challenge(text=text_of(known), **amend)
    with pytest.raises(Refused, match="capacity_taken"):
        amend_challenge(text=replace(text_of(known), capacity=1), **amend)
    step = amend_challenge(text=replace(text_of(known), capacity=2), **amend)

    assert nothing is None
    assert step is not None
    assert step.changed == ["capacity"]
    with pytest.raises(Refused, match="challenge_in_use"):
        send_back(person=organiser_of(edition), challenge_id=known.pk, remark="Too late")


@pytest.mark.embedded
def test_a_partner_finds_only_own_challenges_p1() -> None:
    edition = an_edition(Phase.BEFORE)
    partner, organisation = a_partner(edition)
    own = [a_challenge(edition, partner=organisation, published=published) for published in (False, True)]
    foreign = [a_challenge(edition, published=published) for published in (False, True)]
    client = client_of(partner)

    listed = page(client, edition, "manage")
    answers = {
        (name, client.post(reverse(f"challenges:{name}", args=[edition.slug, slug]), {"revision": "1"}).status_code)
        for name in ("edit", "submit", "send_back", "publish")
        for slug in (*[one.slug for one in foreign], "missing")
    }

    assert [one.title["en"] in listed for one in (*own, *foreign)] == [True, True, False, False]
    assert {code for _name, code in answers} == {404}
    with pytest.raises(Refused, match="not_found"):
        write_own_challenge(
            person=partner, edition_id=edition.pk, partner_id=foreign[0].partner_id, text=ChallengeText(title={}, question={})
        )
    choices = client.get(reverse("challenges:new", args=[edition.slug])).text
    assert foreign[0].partner.name not in choices


@pytest.mark.embedded
def test_a_form_cannot_set_what_is_not_in_it_p3() -> None:
    edition = an_edition(Phase.BEFORE)
    partner, organisation = a_partner(edition)
    other = an_organisation("EDF")
    more = {
        "published_at": "2020-01-01",
        "state": "published",
        "slug": "mine",
        "position": "99",
        "edition": "7",
        "partner_id": "1",
    }

    client_of(partner).post(reverse("challenges:new", args=[edition.slug]), {**TYPED, **more, "partner": str(organisation.pk)})
    refused = client_of(partner).post(reverse("challenges:new", args=[edition.slug]), {**TYPED, "partner": str(other.pk)})

    made = Challenge.objects.get()
    assert (made.state, made.slug, made.position, made.edition, made.partner) == ("draft", "ombre", 1, edition, organisation)
    assert refused.status_code == 422


@pytest.mark.embedded
def test_the_preview_is_made_by_the_same_address_and_saves_nothing() -> None:
    edition = an_edition(Phase.BEFORE)
    partner, organisation = a_partner(edition)
    typed = {
        **TYPED,
        "partner": str(organisation.pk),
        "body": "It is **hot**.",
        "links": "https://example.org Map\nnonsense",
        "preview": "1",
    }

    shown = client_of(partner).post(reverse("challenges:new", args=[edition.slug]), typed)

    assert shown.status_code == 200
    assert "<strong>hot</strong>" in shown.text
    assert "It is **hot**.</textarea>" in shown.text
    assert not Challenge.objects.exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"links": {"fr": "javascript:alert(1) x"}}, "link_invalid"),
        ({"links": {"fr": "\n".join(f"https://example.org/{n}" for n in range(13))}}, "too_many_links"),
        ({"provided": {"fr": "x" * 5001}}, "too_long"),
        ({"open_to": {"schools": ["nowhere"]}}, "school_unknown"),
    ],
)
def test_what_cannot_be_stored_is_refused(changes: dict[str, Any], code: str) -> None:
    edition = an_edition(Phase.BEFORE)
    draft = a_challenge(edition, published=False)

    with pytest.raises(Refused, match=code):
        edit_challenge(person=organiser_of(edition), challenge_id=draft.pk, revision=1, text=replace(text_of(draft), **changes))


def test_who_does_not_fit_is_told_so() -> None:
    edition = an_edition(Phase.BEFORE)
    school, other = (an_organisation(name, "school") for name in ("Lycée A", "Lycée B"))
    draft = a_challenge(edition, published=False)
    text = replace(
        text_of(draft), open_to={"schools": [school.slug], "levels": []}, eligibility={"fr": "x", "en": "Local schools"}
    )
    edit_challenge(person=organiser_of(edition), challenge_id=draft.pk, revision=1, text=text)
    publish_challenge(person=organiser_of(edition), challenge_id=draft.pk, revision=2)
    pupils = [a_role(edition, "participant", organisation=one) for one in (school, other)]
    bring_to(edition, Phase.OPEN)

    shown = [page(client_of(pupil), edition, "challenge", draft.slug) for pupil in pupils]

    assert ["Your school or level is not among them" in one for one in shown] == [False, True]
    assert all("Local schools" in one and "Lycée A" in one for one in shown)
