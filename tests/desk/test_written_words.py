"""What people write reaches many pages; on none of them does it become code (U3)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from challenges.challenges import (
    LIMITS,
    ChallengeText,
    amend_challenge,
    create_challenge,
    publish_challenge,
    send_back,
    submit_challenge,
)
from estrade.editions.phases import Phase
from teams.questions import answer_question, ask_question
from tests import builders
from tests.web.test_markdown import RAW, Elements, payloads

pytestmark = pytest.mark.django_db

# As many as fit into a field; each field starts at another place of the list, so that together they hold all 500.
TRIED = payloads()


def packed(limit: int, start: int) -> str:
    text = ""
    for payload in [*TRIED[start:], *TRIED[:start]]:
        if len(text) + len(payload) + 2 > limit:
            break
        text += payload + "\n\n"
    return text or RAW[0].replace("{0}", "alert(1)")[:limit]


def is_code(tag: str, attrs: dict[str, str | None]) -> bool:
    """Whether a browser would run something here that is not a file of ours."""
    runs = [name for name in attrs if name.startswith("on") or name == "srcdoc"]
    leads = [str(attrs.get(name) or "").strip().lower() for name in ("href", "src", "action", "formaction", "data")]
    foreign = [one for one in leads if one.split(":")[0] in {"javascript", "vbscript", "data", "blob"} or "evil.example" in one]
    unknown = tag in {"iframe", "object", "embed", "base", "style", "marquee", "xmp"}
    inline = tag == "script" and not str(attrs.get("src", "")).startswith("/static/")
    # A link to a foreign place is no code: it is pressed, and it vouches for nothing.
    pressed = tag == "a" and all("evil.example" in one for one in foreign)
    return bool(runs or (foreign and not pressed) or unknown or inline)


def test_no_field_becomes_code_on_any_page_u3() -> None:
    edition = builders.an_edition(Phase.BEFORE)
    organisation = builders.an_organisation("SNCF")
    partner = builders.a_role(edition, "partner", organisation=organisation)
    organiser = builders.organiser_of(edition)
    texts: dict[str, Any] = {
        name: {"fr": packed(limit, 60 * place), "en": packed(limit, 60 * place + 30)}
        for place, (name, limit) in enumerate(LIMITS.items())
        if name != "links"
    }
    texts["links"] = {"fr": 'https://example.org/"onmouseover=alert(1) <img src=x onerror=alert(1)>'.replace('"', "%22")}
    text = ChallengeText(**texts, open_to={"schools": [], "levels": ["<script>alert(1)</script>"]})
    one = create_challenge(person=partner, edition_id=edition.pk, partner_id=organisation.pk, slug="one", text=text)
    two = create_challenge(person=partner, edition_id=edition.pk, partner_id=organisation.pk, slug="two", text=text)
    for challenge in (one, two):
        submit_challenge(person=partner, challenge_id=challenge.pk, revision=1)
    publish_challenge(person=organiser, challenge_id=one.pk, revision=1)
    send_back(person=organiser, challenge_id=two.pk, remark="<img src=x onerror=alert(1)>" * 10)
    builders.bring_to(edition, Phase.OPEN)
    team = builders.a_team(edition, name="<script>alert(1)</script>", challenge=one)
    captain = builders.captain_of(team)
    builders.a_draft(team, title=packed(120, 0), summary=packed(180, 7), text=packed(4000, 100))
    builders.a_delivered_submission(team)
    asked = ask_question(person=captain, challenge_id=one.pk, text=packed(1000, 200), client_id=uuid4())
    answer_question(person=partner, question_id=asked.pk, text=packed(4000, 300), to_all=True)
    amend_challenge(
        person=partner, challenge_id=one.pk, revision=1, why="<svg onload=alert(1)>" * 10,
        text=ChallengeText(**texts | {"tags": {"fr": "<b>"}}),
    )  # fmt: skip
    base = f"/e/{edition.slug}/"
    builders.bring_to(edition, Phase.OPEN)
    views = [
        (None, ""), (None, "challenges/one/"), (captain, "me/"), (captain, f"team/{team.pk}/"), (captain, "challenges/one/"),
        (partner, "partner/"), (partner, "challenges/manage/"), (partner, "questions/"), (organiser, "challenges/manage/"),
        (organiser, "control/"), (partner, "challenges/two/edit/"),
    ]  # fmt: skip

    wrong: list[Any] = []
    for person, path in views:
        client = Client(headers={"accept-language": "fr"})
        if person is not None:
            client.force_login(person)
        answer = client.get(base + path)
        policy = {part.split()[0]: part for part in answer["Content-Security-Policy"].split("; ")}
        assert answer.status_code == 200, path
        assert policy["script-src"] == "script-src 'self'"
        wrong += [(path, tag, attrs) for tag, attrs in Elements(answer.text).found if is_code(tag, attrs)]
    typed = {"partner": organisation.pk, "preview": "1", **{name: words["fr"] for name, words in texts.items()}}
    editor = Client()
    editor.force_login(partner)
    preview = editor.post(base + "challenges/new/", typed)
    wrong += [("preview", tag, attrs) for tag, attrs in Elements(preview.text).found if is_code(tag, attrs)]

    assert wrong == []
    assert "data-preview" in preview.text
    # The eye that looks can see: unfiltered, each of these would have been found.
    assert [html for html in (RAW[0], RAW[3], RAW[5], RAW[9]) if not any(is_code(*found) for found in Elements(html).found)] == []
