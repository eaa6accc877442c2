"""`manage.py load_edition`: a whole edition from one file, or a reason and nothing."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from challenges.models import Challenge
from estrade.editions.models import Edition, ProgrammeStep
from estrade.people.models import Organisation, Person, Role
from judging.models import Criterion, Prize

SAMPLE = Path(__file__).parents[2] / "platform/estrade/demo/data/hack-to-horizon.toml"
# Whenever these tests run, the edition is still to come.
COMING = "--starts-on=2999-03-01"

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Person:
    return Person.objects.create_superuser("admin")


def run(*arguments: str) -> tuple[str, str]:
    """What was said, and the words of the failure if it failed."""
    out, failure = StringIO(), ""
    try:
        with translation.override("en"):
            call_command("load_edition", *arguments, stdout=out)
    except CommandError as error:
        failure = str(error)
    return out.getvalue().strip(), failure


def test_sample_becomes_an_edition(admin: Person) -> None:
    said, failure = run(str(SAMPLE), COMING)

    assert (said, failure) == (
        "Hack to Horizon: 8 challenges, 5 criteria, 1 prize. It is at /e/hack-to-horizon/.",
        "",
    )
    edition = Edition.objects.get()
    assert (edition.network.slug, edition.number, edition.starts_on) == ("green-city", 5, date(2999, 3, 1))
    assert edition.opens_at.astimezone(edition.zone).isoformat() == "2999-03-01T17:30:00+01:00"
    assert ProgrammeStep.objects.filter(edition=edition).count() == 13
    assert [one.key for one in Criterion.objects.filter(rubric__edition=edition)] == [
        "answer", "impact", "feasibility", "originality", "clarity",
    ]  # fmt: skip
    assert [(one.sponsor and one.sponsor.slug, one.rank) for one in Prize.objects.all()] == [("response", 1)]
    assert list(admin.roles.values_list("role", flat=True)) == [Role.Name.ORGANISER]


def test_every_challenge_is_published_by_its_partner(admin: Person) -> None:
    run(str(SAMPLE), COMING)

    for challenge in Challenge.objects.select_related("partner"):
        referent = Person.objects.get(roles__role=Role.Name.PARTNER, roles__organisation=challenge.partner)
        assert challenge.published_at is not None
        assert challenge.referent["fr"].startswith(f"{referent.name}, ")
        assert not referent.has_usable_password()
        assert (challenge.capacity, len(challenge.tags["fr"].split(" · ")) >= 2) == (3, True)


def test_a_level_has_value_label_and_sentence_in_both_languages(admin: Person) -> None:
    run(str(SAMPLE), COMING)

    levels = Criterion.objects.get(key="impact").levels
    assert [level["value"] for level in levels] == [0, 1, 2, 3, 4, 5]
    assert levels[3] == {
        "value": 3,
        "label": {"fr": "Correct", "en": "Fair"},
        "text": {"fr": "Effet net, ordre de grandeur donné.", "en": "A clear effect, with an order of magnitude."},
    }


def test_loaded_twice_is_refused_and_changes_nothing(admin: Person) -> None:
    run(str(SAMPLE), COMING)
    counts = (Edition.objects.count(), Organisation.objects.count(), Person.objects.count(), Challenge.objects.count())

    said, failure = run(str(SAMPLE), COMING)

    assert (said, failure) == ("", "hack-to-horizon was not loaded: This name is already taken.")
    assert counts == (
        Edition.objects.count(), Organisation.objects.count(), Person.objects.count(), Challenge.objects.count(),
    )  # fmt: skip


def test_a_known_organisation_keeps_its_name_and_learns_spellings(admin: Person) -> None:
    Organisation.objects.create(slug="cesi", name="École CESI", short_name="CESI", category="school", spellings=["X"])

    run(str(SAMPLE), COMING)

    cesi = Organisation.objects.get(slug="cesi")
    assert (cesi.name, cesi.category, cesi.spellings[0]) == ("École CESI", "school", "X")
    assert "CESI Dijon" in cesi.spellings


def test_a_file_with_mistakes_says_all_of_them(admin: Person, tmp_path: Path) -> None:
    broken = tmp_path / "edition.toml"
    text = SAMPLE.read_text(encoding="utf-8").replace("number = 5", "number = 0").replace("weight = 20", "weight = 5")
    broken.write_text(text, encoding="utf-8")

    said, failure = run(str(broken))

    assert said == ""
    assert failure.splitlines()[1:] == [
        "file.edition.number must be 1 or more.",
        "file.rubric.criterion needs weights that add up to 100.",
    ]
    assert not Edition.objects.exists()


def test_somebody_has_to_organise_it() -> None:
    assert run(str(SAMPLE), COMING)[1] == "There is no administrator yet. Create one: python manage.py createsuperuser"


def test_who_may_not_create_an_edition_is_refused(admin: Person) -> None:
    Person.objects.create_user("somebody")

    said, failure = run(str(SAMPLE), COMING, "--organiser", "somebody")

    assert said == ""
    assert failure.startswith("hack-to-horizon was not loaded: ")
    assert not Edition.objects.exists()
