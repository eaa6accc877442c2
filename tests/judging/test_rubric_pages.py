"""The organisers' page of a rubric, what it would change, and what everybody reads of it. Plain forms throughout."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from estrade.editions.models import Edition
from estrade.people.models import Person
from judging.models import Rubric, Score, ScoreRevision
from judging.rubric_forms import criteria_sent, new_row, rearranged, rows_of, rows_sent
from judging.rubrics import create_rubric, new_criteria_of
from judging.usual_rubrics import usual_criteria, usual_rubrics
from tests.builders import a_role, an_edition, organiser_of
from tests.judging.stage import a_stage

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def client_of(person: Person, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(person)
    return client


def fields_of(page: str, first: str = '<input type="hidden" name="base"') -> dict[str, str]:
    """What the page's form, known by how it begins, would send: checked boxes included."""
    form = page[page.index(first) :].split("</form>")[0]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or "checked" in tag):
            sent[name[1]] = unescape(value[1]) if value else "on"
    return sent


def where(edition: Edition) -> str:
    return f"/e/{edition.slug}/jury/setup/rubric/"


def test_nothing_to_do_is_said_and_a_first_rubric_is_written_moved_refused_and_saved() -> None:
    edition = an_edition()
    client, page = client_of(organiser_of(edition), "fr"), where(edition)

    empty = client.get(page).content.decode()
    sent = fields_of(empty)
    moved = client.post(page, {**sent, "do": "down-0"}).content.decode()
    longer = client.post(page, {**fields_of(moved), "do": "add"}).content.decode()
    words = {**fields_of(longer), "c5_label_fr": "Jury junior", "c5_weight": "2,5", "c5_highest": "20", "c5_step": "0,5"}
    described = client.post(page, {**words, "do": "levels-5"}).content.decode()
    unread = client.post(page, {**words, "c5_weight": "NaN", "do": "save"})
    misfit = client.post(page, {**words, "c5_step": "3", "do": "save"})
    none_there = Rubric.objects.count()
    saved = client.post(page, {**fields_of(described), "do": "save"})
    quiet = client.get(page).content.decode()
    again = client.post(page, {**fields_of(quiet), "c0_highest": "10", "do": "save"})
    warned = client.get(page).content.decode()

    assert ["va jusqu’à 10" in one for one in (quiet, warned)] == [False, True]
    assert "Rien à faire ici" in empty
    assert [sent[f"c{n}_key"] for n in range(5)] == ["answer", "originality", "feasibility", "impact", "pitch"]
    assert [fields_of(moved)[f"c{n}_key"] for n in range(2)] == ["originality", "answer"]
    assert [fields_of(described)[f"c5_l{n}_value"] for n in range(3)] == ["0", "10", "20"]
    assert (unread.status_code, "Poids\xa0: écrivez un nombre" in unread.content.decode()) == (422, True)
    assert (misfit.status_code, "Un pas de 3 ne mène pas de 0 à 20." in misfit.content.decode()) == (422, True)
    assert "Jury junior" in misfit.content.decode()
    assert none_there == 0
    assert [saved.status_code, again.status_code] == [302, 302]
    rubric = Rubric.objects.get()
    last = rubric.criteria.last()
    assert last is not None
    assert (last.key, last.weight, last.highest, last.step) == ("jury-junior", Decimal("2.5"), Decimal(20), Decimal("0.5"))
    assert rubric.version == 1


def test_a_rubric_begins_from_a_file_or_as_at_an_earlier_edition() -> None:
    edition, earlier, foreign = an_edition(), an_edition(slug="earlier"), an_edition(slug="foreign")
    organiser = a_role(edition, "organiser")
    a_role(earlier, "organiser", person=organiser)
    for one in (earlier, foreign):
        create_rubric(person=organiser_of(one), edition_id=one.pk, criteria=usual_rubrics()["short"].criteria)
    client, page = client_of(organiser), where(edition)

    offered = client.get(page).content.decode()
    keys = [fields_of(client.get(f"{page}?from={key}").content.decode())["c0_key"] for key in usual_rubrics()]
    copied = fields_of(client.get(f"{page}?from=edition-{earlier.pk}").content.decode())
    strange = client.get(f"{page}?from=edition-{foreign.pk}")

    assert offered.count("?from=edition-") == 1
    assert keys == ["answer", "convinces", "prototype", "answer", "answer"]
    assert (copied["c2_key"], copied["c0_lowest"], "c2_required" in copied, "c0_required" in copied) == (
        "favourite",
        "1",
        False,
        True,
    )
    assert strange.status_code == 404
    assert Rubric.objects.filter(edition=edition).count() == 0
    for usual in usual_rubrics().values():
        assert [criteria_sent(rows_of(usual.criteria, ["fr", "en"]))[0], set(usual.name)] == [usual.criteria, {"fr", "en"}]


def test_a_sealed_rubric_is_changed_in_two_steps_and_an_old_sheet_loses_nothing_s7(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judging.rubric_versions.MOST_SHOWN", 1)
    stage = a_stage(jurors=1, teams=2)
    for team in stage.teams:
        stage.fill(stage.jurors[0], team, 3)
    client, page = client_of(stage.organiser), where(stage.edition)
    juror, sheet = client_of(stage.jurors[0]), f"/e/{stage.edition.slug}/jury/{stage.teams[0].pk}/"
    before = juror.get(sheet).content.decode()
    old = fields_of(before, 'id="sheet"')
    form = client.get(page).content.decode()
    sent = {**fields_of(form), "c0_weight": "12,5"}
    shorter = fields_of(client.post(page, {**sent, "do": "remove-2"}).content.decode())

    preview = client.post(page, {**shorter, "do": "save"})
    unsaid = client.post(page, {**shorter, "do": "confirm", "reason": " "})
    untouched = Rubric.objects.count()
    back = client.post(page, {**shorter, "do": "back"}).content.decode()
    done = client.post(page, {**shorter, "do": "confirm", "reason": "Two will do"}, follow=True).content.decode()
    late = client.post(page, {**shorter, "do": "confirm", "reason": "Again"})

    assert "See what this would change" in form
    assert "No longer counts. 2 scores stay in the record." in preview.content.decode()
    assert "The order of the teams stays the same." in preview.content.decode()
    assert preview.content.decode().count('<th scope="row">') == 1
    assert "and 1 more" in preview.content.decode()
    assert (unsaid.status_code, "Please give a reason" in unsaid.content.decode(), untouched) == (422, True, 1)
    assert fields_of(back)["c0_weight"] == "12,5"
    assert "Version 2 counts from now on." in done
    assert "Two will do" in done
    assert (late.status_code, Rubric.objects.count()) == (409, 2)
    # Without a script a sheet that was open is sent with the criteria it was made for.
    ids = [one.pk for one in stage.criteria]
    scores = {f"score-{ids[0]}": "5", f"score-{ids[1]}": "3", f"score-{ids[2]}": "1"}
    answered = juror.post(sheet, {**old, **scores}, follow=True).content.decode()
    assert "The organisers changed the rubric at" in answered
    assert "for a criterion that is gone is kept, and does not count." in answered
    values = Score.objects.filter(ballot__team=stage.teams[0]).values_list(
        "criterion__key", "criterion__rubric__version", "value"
    )
    assert set(values) == {("answer", 2, Decimal(5)), ("impact", 2, Decimal(3)), ("clarity", 1, Decimal(1))}
    assert ScoreRevision.objects.count() == 8


def test_a_device_with_an_old_version_gets_an_honest_answer_s7() -> None:
    stage = a_stage(jurors=1, teams=1)
    stage.score(stage.jurors[0], stage.teams[0], 0, 3)
    client, page = client_of(stage.organiser), where(stage.edition)
    sent = fields_of(client.post(page, {**fields_of(client.get(page).content.decode()), "do": "remove-1"}).content.decode())
    client.post(page, {**sent, "do": "confirm", "reason": "Fewer"})
    address = f"/api/v1/editions/{stage.edition.slug}/jury/{stage.teams[0].pk}/scores/"
    tap: dict[str, Any] = {"value": "4", "base_version": 0}

    device = client_of(stage.jurors[0])
    answers = [
        device.post(
            address,
            {**tap, "criterion": one.pk, "client_id": f"00000000-0000-4000-8000-00000000000{n}"},
            content_type="application/json",
        )
        for n, one in enumerate(stage.criteria)
    ]

    current = {one.key: one.pk for one in Rubric.objects.get(version=2).criteria.all()}
    assert [answer.status_code for answer in answers] == [409, 202, 201]
    assert (answers[0].json()["value"], answers[0].json()["version"]) == ("3", 1)
    assert (answers[1].json()["status"], answers[1].json()["criterion"]) == ("removed", stage.criteria[1].pk)
    assert (answers[2].json()["status"], answers[2].json()["criterion"]) == ("accepted", current["clarity"])


def test_everybody_reads_the_criteria_before_the_first_pitch() -> None:
    stage = a_stage(jurors=1, teams=1)
    challenge = stage.teams[0].challenge
    assert challenge is not None
    own = Rubric.objects.get()
    create_rubric(
        person=stage.organiser,
        edition_id=stage.edition.pk,
        criteria=usual_rubrics()["two-day-ideathon"].criteria,
        name={"fr": "Grille du défi", "en": "Rubric of the challenge"},
        challenge_id=challenge.pk,
    )
    anybody = Client(headers={"accept-language": "fr"})

    front = anybody.get(f"/e/{stage.edition.slug}/").content.decode()
    of_challenge = anybody.get(f"/e/{stage.edition.slug}/challenges/{challenge.slug}/").content.decode()
    stage.edition.challenges.update(published_at=None)
    hidden = anybody.get(f"/e/{stage.edition.slug}/").content.decode()

    assert [own.criteria.count(), "answer" in front, "Grille du défi" in front] == [3, True, True]
    assert ("Grille du défi" in hidden, "answer" in hidden) == (False, True)
    assert "Copie d’une solution connue." in of_challenge
    assert "Noté de 0 à 5" in of_challenge


def test_further_rubrics_are_written_and_taken_by_a_round_under_advanced() -> None:
    stage = a_stage(jurors=1, teams=1)
    client, page = client_of(stage.organiser), where(stage.edition)

    nameless = client.post(f"{page}further/", {"name_fr": "", "challenge": ""}, follow=True).content.decode()
    made = client.post(f"{page}further/", {"name_fr": "Finale", "name_en": "Final", "challenge": ""})
    final = Rubric.objects.get(line=1)
    own = client.get(page).content.decode()
    taken = client.post(f"{page}round/{stage.round.pk}/", {"rubric": str(final.pk)})
    shown = client.get(f"{page}1/").content.decode()

    assert "A name is needed." in nameless
    assert (made.status_code, made.headers["Location"]) == (302, f"{page}1/")
    assert new_criteria_of(final) == new_criteria_of(stage.round.rubric)
    assert "Final" in own
    stage.round.refresh_from_db()
    assert (taken.status_code, stage.round.rubric_id) == (302, final.pk)
    assert "Round 1 scores with it." in shown
    assert client.get(f"{page}7/").status_code == 404
    assert client.post(f"{page}round/{10**9}/", {"rubric": "x"}).status_code == 404
    for role in ("participant", "juror", "partner"):
        other = client_of(a_role(stage.edition, role))
        assert [other.get(page).status_code, other.post(f"{page}further/").status_code] == [403, 403]


def test_rows_survive_what_a_form_may_send() -> None:
    row = replace(new_row(), label={"fr": "Un"})

    assert rearranged([row], "up-0", ["fr"])[0].label == {"fr": "Un"}
    assert [len(rearranged([row], do, ["fr"])) for do in ("remove-0", "remove-9", "up-x", "down-", "add")] == [0, 1, 1, 1, 2]
    assert len(rearranged([row] * 20, "add", ["fr"])) == 20
    assert len(rearranged([replace(new_row(), step="x")], "levels-0", ["fr"])[0].levels) == 1
    assert len(rearranged([row], "levels-0", ["fr"])[0].levels) == 6
    assert rows_sent({"c1_weight": "5"}, ["fr"]) == []
    flood = rows_sent({f"c{n}_weight": "1" for n in range(500)}, ["fr"])
    assert len(flood) == 21
    assert [one.key for one in usual_criteria()] == ["answer", "originality", "feasibility", "impact", "pitch"]
