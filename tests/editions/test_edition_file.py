"""The readable edition file: the sample is sound, and what is wrong in a file is all told, with its place."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from estrade.editions.edition_file import EditionFile, EditionFileError, read_edition_file

pytestmark = pytest.mark.embedded

SAMPLE = (Path(__file__).parents[2] / "platform/estrade/demo/data/hack-to-horizon.toml").read_text(encoding="utf-8")


def read(text: str) -> EditionFile:
    return read_edition_file(text.encode())


def problems_of(text: str) -> list[str]:
    with pytest.raises(EditionFileError) as caught:
        read(text)
    return caught.value.problems


def changed(old: str, new: str) -> str:
    assert old in SAMPLE
    return SAMPLE.replace(old, new, 1)


def test_sample_is_a_whole_edition() -> None:
    edition = read(SAMPLE)

    assert (edition.slug, edition.number, edition.kind, edition.languages) == (
        "hack-to-horizon", 5, "hackathon", ("fr", "en"),
    )  # fmt: skip
    assert edition.opens_at == datetime(2027, 3, 19, 16, 30, tzinfo=UTC)
    assert edition.freeze_at == datetime(2027, 3, 21, 17, 0, tzinfo=UTC)
    assert [one.slug for one in edition.challenges] == [
        "atmo-bfc", "dieze-suez", "dijon-metropole", "edf", "estp-c3b", "keolis", "region-bfc", "robotics-valley",
    ]  # fmt: skip
    assert [one.weight for one in edition.rubric.criteria] == [Decimal(w) for w in (25, 25, 20, 15, 15)]
    assert {len(one.levels) for one in edition.rubric.criteria} == {6}
    assert [(one.amount, one.sponsor) for one in edition.prizes] == [(Decimal(1000), "response")]
    assert edition.is_fictional


def test_a_plain_text_stands_for_every_language() -> None:
    edition = read(changed('theme = { fr = "La ville bas-carbone", en = "The low-carbon city" }', 'theme = "Ville"'))

    assert edition.theme == {"fr": "Ville", "en": "Ville"}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('slug = "hack-to-horizon"', 'slug = "Hack to Horizon"', "file.edition.slug must be small letters, digits"),
        ("number = 5", "number = true", "file.edition.number must be a whole number"),
        ("number = 5", "", "file.edition.number is missing"),
        ("number = 5", "number = 5\nnumbr = 6", "file.edition.numbr is not known"),
        ('kind = "hackathon"', 'kind = "party"', "file.edition.kind is 'party' but must be one of"),
        ('"Europe/Paris"', '"Paris"', "file.edition.time_zone is 'Paris'"),
        ("2027-03-21T18:00:00", "2027-03-28T02:30:00", "file.edition.instants.freeze_at falls into the night"),
        ("judging_opens_at = 2027-03-21", "judging_opens_at = 2027-03-20", "file.edition.instants.opens_at must come"),
        ("ends_on = 2027-03-21", "ends_on = 2027-03-18", "file.edition.ends_on is before starts_on"),
        ('partner = "edf"', 'partner = "edef"', "file.challenge[4].partner is 'edef'"),
        ('en = "Frugal schools"', 'it = "x"', "file.challenge[7].title.en is missing"),
        ("weight = 20", "weight = 21", "file.rubric.criterion needs weights that add up to 100"),
        ("weight = 20", "weight = nan", "file.rubric.criterion[3].weight must be a number"),
        ('  "Cannot be done.",\n', "", "file.rubric.criterion[3].levels.en has 5 entries but the scale has 6 steps"),
        ("step = 1 }", "step = 2 }", "file.rubric.scale.step must divide a scale that goes up"),
        ('slug = "diiage"', 'slug = "cesi"', "file.organisation has 'cesi' twice"),
        ('sponsor = "response"', 'sponsor = "nobody"', "file.prize[1].sponsor is 'nobody'"),
        ('format = "estrade-edition/1"', 'format = "other"', "file.format must be 'estrade-edition/1'."),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, problem: str) -> None:
    assert any(found.startswith(problem) for found in problems_of(changed(old, new)))


def test_all_mistakes_are_told_at_once() -> None:
    text = changed("number = 5", "number = 0").replace("weight = 20", "weight = 30", 1)

    assert problems_of(text) == [
        "file.edition.number must be 1 or more.",
        "file.rubric.criterion needs weights that add up to 100.",
    ]


def test_what_teams_hand_in_can_be_written_down_and_mistakes_in_it_are_told() -> None:
    field = (
        '[[submission.field]]\nkey = "plan"\nkind = "file"\nlabel = { fr = "Plan", en = "Plan" }\nlimit = 7\naccepts = ["pdf"]\n'
    )
    written = f'[submission]\nrequired = ["link"]\nquota_mb = 40\n\n{field}\n[rubric]'

    read = read_edition_file(changed("[rubric]", written).encode()).submission
    wrong = problems_of(changed("[rubric]", written.replace('"link"', '"film"').replace('"file"', '"video"') + ""))

    assert read is not None
    assert (read.required, read.quota_mb, [(one.key, one.limit) for one in read.fields]) == (("link",), 40, [("plan", 7)])
    assert wrong == [
        "file.submission.field[1].kind is 'video' but must be one of: short, long, link, file.",
        "file.submission.required has 'film' but may only have: summary, link.",
    ]


@pytest.mark.parametrize("data", [b"\xff\xfe", b"= nothing", b"network = 3", b"[[edition]]"])
def test_any_other_file_is_refused(data: bytes) -> None:
    with pytest.raises(EditionFileError):
        read_edition_file(data)
