"""A list pasted together from eight schools, without e-mail addresses, comes in as its clean instance says."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from challenges.challenges import ChallengeText, create_challenge
from estrade.editions.models import Edition
from estrade.people.models import Organisation, Person, Role
from teams.intake import Report, import_participants, named_answers
from teams.intake_reading import Level
from teams.intake_schools import Answers
from teams.models import Profile, Wish
from teams.spellings import spelling_key
from tests.builders import an_edition, an_organisation, organiser_of
from tests.kept import laid_again

DATA = Path(__file__).parents[2] / "platform/estrade/demo/data"
LIST = DATA / "ideathon-204-liste.csv"
EXPECTED: dict[str, Any] = json.loads((DATA / "ideathon-204.json").read_text(encoding="utf-8"))
# What an organiser answers about the two spellings that only look like another school.
PAIRS = [("H. Fontaine", "Hippolyte Fontaine"), ("LEACA", "Master LEACA")]
LOST = {"S0015": "Nguy?n Lac", "S0186": "?ukaszal"}

HEADER = "N°;NOM Prénom;Établissement;Classe;Vœu 1;Avec (binôme);Mineur;Autorisation parentale\n"
ALIX = "14;JOLIFAUT Alix;Eiffel;Terminale;1;;Oui;Oui\n"
MEHDI = "13;JOLIFAUT Mehdi;Eiffel;Première;2;JOLIFAUT Alix;Oui;\n"

pytestmark = pytest.mark.django_db


@laid_again
def ideathon() -> Edition:
    """An edition with the ten challenges in their order, and no school that anybody typed."""
    edition = an_edition(slug="ideathon")
    partner, organiser = an_organisation("Green City"), organiser_of(edition)
    for place, challenge in enumerate(EXPECTED["challenges"], start=1):
        text = ChallengeText(title={"fr": challenge["name"]}, question={"fr": "Comment ?"}, position=place)
        create_challenge(person=organiser, edition_id=edition.pk, partner_id=partner.pk, slug=challenge["id"], text=text)
    return edition


def decided(edition: Edition, data: bytes) -> Answers:
    return named_answers(edition=edition, data=data, sheet="", pairs=PAIRS, suggested=True)


def imported(edition: Edition, data: bytes | str, *, answers: Answers | None = None, dry_run: bool = False) -> Report:
    data = data.encode() if isinstance(data, str) else data
    answers = answers or Answers(suggested=True)
    return import_participants(
        person=organiser_of(edition), edition=edition, data=data, filename="list.csv", answers=answers, dry_run=dry_run
    )


def whole_list(edition: Edition, data: bytes | None = None) -> Report:
    data = data or LIST.read_bytes()
    return imported(edition, data, answers=decided(edition, data))


def stored(edition: Edition) -> dict[str, tuple[Any, ...]]:
    """Everything of each pupil by number. Schools by their letters: which writing is the name is the organiser's."""
    roles = {
        role.person_id: role for role in Role.objects.filter(edition=edition, role="participant").select_related("organisation")
    }
    found = {}
    for profile in Profile.objects.filter(edition=edition).select_related("person"):
        role, person = roles[profile.person_id], profile.person
        school = spelling_key(role.organisation.name) if role.organisation else ""
        name = spelling_key(person.first_name), spelling_key(person.last_name)
        found[profile.listed_as] = (*name, school, role.level, profile.skills, profile.choices)
    return found


def test_the_list_gives_exactly_its_204_pupils() -> None:
    edition, schools = ideathon(), {one["id"]: spelling_key(one["name"]) for one in EXPECTED["schools"]}

    report = whole_list(edition)

    expected = {
        str(one["number"]): (
            spelling_key(one["first_name"]),
            spelling_key(LOST.get(one["id"], one["last_name"])),
            schools[one["school"]],
            one["level"],
            one["skills"],
            one["preferences"],
        )
        for one in EXPECTED["students"]
    }
    assert stored(edition) == expected
    assert (report.created, report.updated, report.unchanged) == (204, 0, 0)


def test_the_list_shows_the_oddities_it_was_made_with() -> None:
    edition, said = ideathon(), EXPECTED["import_expected"]

    report = whole_list(edition)

    by_code: dict[str, list[Any]] = {}
    for finding in report.findings:
        by_code.setdefault(finding.code, []).append(finding)
    numbers = {one["id"]: str(one["number"]) for one in EXPECTED["students"]}
    row_of = {one.row: one.number for one in report.reading.people}
    assert (report.reading.encoding, report.reading.rows) == ("cp1252", said["rows_with_a_pupil"])
    assert [one.row for one in by_code["title_line"]] == [said["header_line"] - 1]
    assert [row_of[one.figures["into"]] for one in by_code["repeated"]] == [str(one) for one in said["repeated_numbers"]]
    assert len(by_code["total_line"]) == said["subtotal_lines"]
    assert {row_of[one.row] for one in by_code["letters_lost"]} == {numbers[one] for one in said["names_with_letters_lost"]}
    numbered = {one.school for one in report.reading.people if one.row in {one.row for one in by_code["challenge_numbered"]}}
    assert numbered == {f"new:{spelling_key(one)}" for one in said["challenge_written_as_number"]}


def test_the_eight_schools_are_created_once_with_all_their_spellings() -> None:
    edition = ideathon()

    report = whole_list(edition)

    made = Organisation.objects.exclude(name="Green City")
    assert {spelling_key(one.name) for one in made} == {spelling_key(one["name"]) for one in EXPECTED["schools"]}
    eiffel, joseph = made.get(name="Eiffel"), made.get(name="Saint Joseph")
    assert (eiffel.spellings, joseph.spellings) == (["Lycée Eiffel"], ["St Joseph"])
    assert {one.category for one in made.filter(name__in=["ESTP", "UB-GAED"])} == {Organisation.Category.HIGHER_EDUCATION}
    assert eiffel.category == Organisation.Category.SCHOOL
    assert sorted(school.name for school in report.reading.schools.created) == sorted(made.values_list("name", flat=True))


def test_separations_and_friends_are_those_of_the_instance() -> None:
    edition = ideathon()

    report = whole_list(edition)

    ids = {str(one["number"]): one["id"] for one in EXPECTED["students"]}
    number = dict(Profile.objects.filter(edition=edition).values_list("person", "listed_as"))
    pairs = Wish.objects.filter(edition=edition, kind=Wish.Kind.APART).values_list("person", "other")
    apart = {frozenset((ids[number[one]], ids[number[other]])) for one, other in pairs}
    assert {frozenset(pair) for pair in EXPECTED["apart"]} <= apart
    # A name that two pupils bear keeps both apart, until an organiser decides.
    doubtful = [one for one in report.findings if one.code == "apart_ambiguous"]
    assert len(apart) == len(EXPECTED["apart"]) + sum(str(one.figures["rows"]).count(",") for one in doubtful)


def test_the_same_list_again_changes_nothing() -> None:
    edition = ideathon()
    whole_list(edition)
    before, people, schools = stored(edition), Person.objects.count(), Organisation.objects.count()

    report = imported(edition, LIST.read_bytes())

    assert (report.created, report.updated, report.unchanged) == (0, 0, 204)
    assert report.reading.unknown == ()
    assert (stored(edition), Person.objects.count(), Organisation.objects.count()) == (before, people, schools)


def test_consent_and_age_are_kept_as_facts_and_remarks_are_not_kept_at_all() -> None:
    edition = ideathon()

    whole_list(edition)

    profiles = Profile.objects.filter(edition=edition)
    assert profiles.filter(is_minor=True).count() == 98
    assert profiles.filter(is_minor=True, parental_consent="missing").count() == 10
    assert profiles.filter(is_minor=False, parental_consent="").count() == 106
    dump = StringIO()
    call_command("dumpdata", stdout=dump)
    kept = json.dumps(json.loads(dump.getvalue()), ensure_ascii=False)
    assert "Tourvieille" in kept
    remarks = ("asthme", "Timide", "pensionnaire", "l’oral", "2e jour")
    assert [word for word in remarks if word in kept] == []


# --- By number ----------------------------------------------------------------------------------------------------


def test_without_answers_an_unknown_school_blocks_and_nothing_is_written() -> None:
    edition, people = ideathon(), Person.objects.count()

    report = import_participants(person=None, edition=edition, data=(HEADER + ALIX).encode(), filename="list.csv")

    assert [one.code for one in report.findings if one.level is Level.BLOCKING] == ["school_unknown"]
    assert Person.objects.count() == people


def test_what_only_looks_alike_is_a_question_and_never_guessed() -> None:
    edition, schools = ideathon(), Organisation.objects.count()

    report = imported(edition, LIST.read_bytes())

    asked = [one.figures["text"] for one in report.findings if one.level is Level.QUESTION]
    assert asked == ["LEACA (3)", "H. Fontaine (1)"]
    assert report.is_blocked
    assert (Organisation.objects.count(), Profile.objects.count()) == (schools, 0)


def test_a_corrected_list_changes_the_pupil_with_that_number() -> None:
    edition = ideathon()
    imported(edition, HEADER + ALIX + MEHDI)
    alix = Profile.objects.get(listed_as="14").person

    report = imported(edition, HEADER + ALIX.replace("JOLIFAUT", "JOLIFAULT").replace(";1;", ";3;") + MEHDI)

    alix.refresh_from_db()
    assert (alix.name, Profile.objects.get(listed_as="14").choices) == ("Alix Jolifault", ["dechets"])
    assert (report.created, report.updated) == (0, 2)


def test_homonyms_with_their_own_numbers_stay_two_people() -> None:
    edition = ideathon()

    imported(edition, HEADER + ALIX + ALIX.replace("14;", "15;"))
    again = imported(edition, HEADER + ALIX + ALIX.replace("14;", "15;").replace("Terminale", "Seconde"))

    levels = Role.objects.filter(edition=edition, role="participant").order_by("level").values_list("level", flat=True)
    assert list(levels) == ["Seconde", "Terminale"]
    assert (again.created, again.updated, again.unchanged) == (0, 1, 1)


def test_the_number_of_somebody_else_is_refused() -> None:
    edition = ideathon()
    imported(edition, HEADER + ALIX)

    report = imported(edition, HEADER + ALIX.replace("JOLIFAUT Alix", "BEAULANDE Côme"))

    assert [(one.row, one.code) for one in report.findings if one.level is Level.BLOCKING] == [(2, "number_taken")]
    assert Profile.objects.get(listed_as="14").person.name == "Alix Jolifaut"


def test_a_name_corrected_by_hand_outlives_the_list_that_lost_its_letters() -> None:
    edition = ideathon()
    imported(edition, HEADER + ALIX.replace("JOLIFAUT Alix", "NGUY?N LAC Samir"))
    samir = Profile.objects.get(listed_as="14").person
    samir.last_name = "Nguyễn Lac"
    samir.save()

    report = imported(edition, HEADER + ALIX.replace("JOLIFAUT Alix", "NGUY?N LAC Samir"))

    samir.refresh_from_db()
    assert (samir.last_name, report.unchanged) == ("Nguyễn Lac", 1)


def test_i5_an_address_of_a_list_is_not_given_to_somebody_known_without_one() -> None:
    edition = ideathon()
    imported(edition, HEADER + ALIX)
    with_address = HEADER.replace("Classe", "E-mail") + ALIX.replace("Terminale", "alix@example.org")

    report = imported(edition, with_address)

    assert [one.code for one in report.findings if one.level is Level.WARNING] == ["email_not_taken"]
    assert Profile.objects.get(listed_as="14").person.email is None
    assert not Person.objects.filter(email="alix@example.org").exists()


def test_a_list_without_a_column_leaves_what_it_does_not_speak_about() -> None:
    edition = ideathon()
    imported(edition, HEADER + ALIX + MEHDI)
    wishes = Wish.objects.count()

    report = imported(edition, "N°;NOM Prénom;Établissement\n14;JOLIFAUT Alix;Eiffel\n13;JOLIFAUT Mehdi;Eiffel\n")

    assert report.unchanged == 2
    assert Profile.objects.get(listed_as="14").choices == ["eau"]
    assert (Wish.objects.count(), wishes) == (1, 1)


def test_i3_one_wrong_line_of_a_thousand_stops_all_and_the_corrected_file_brings_each_once() -> None:
    edition, people = ideathon(), Person.objects.count()
    lines = [f"{n};NOM{chr(65 + n % 26) * 3} Prénom{n};Eiffel;Seconde;1;;Oui;Oui\n" for n in range(1, 1001)]
    wrong = [*lines[:810], lines[810].replace("Oui;Oui", "peut-être;Oui"), *lines[811:]]

    first = imported(edition, HEADER + "".join(wrong))
    written = Person.objects.count()
    second = imported(edition, HEADER + "".join(lines))
    third = imported(edition, HEADER + "".join(lines))

    blocking = [(one.row, one.column, one.code) for one in first.findings if one.level is Level.BLOCKING]
    assert blocking == [(812, "Mineur", "yes_no_unreadable")]
    assert written == people
    assert (second.created, third.created, third.unchanged) == (1000, 0, 1000)


def test_queries_do_not_grow_with_the_list(django_assert_max_num_queries: Any) -> None:
    edition = ideathon()
    lines = "".join(f"{n};NOM Prénom{n};Eiffel;Seconde;1;NOM Prénom{n - 1};Oui;Oui\n" for n in range(1, 400))

    with django_assert_max_num_queries(46):
        imported(edition, HEADER + lines)
    with django_assert_max_num_queries(20):
        report = imported(edition, HEADER + lines)

    assert report.unchanged == 399


# --- At the command line ------------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[list[str], str]:
    out, failure = StringIO(), ""
    try:
        call_command("import_participants", *arguments, stdout=out, no_color=True)
    except CommandError as error:
        failure = str(error)
    return out.getvalue().splitlines(), failure


def test_the_command_creates_schools_when_told_and_asks_about_the_others() -> None:
    edition = ideathon()
    known = [f"--school={written}={name}" for written, name in PAIRS]

    lines, failure = run(str(LIST), "--edition", edition.slug, "--create-schools")
    said, done = run(str(LIST), "--edition", edition.slug, "--create-schools", *known)

    assert failure == "Nothing was imported. Say with --school WRITTEN=NAME what these schools are."
    assert "File, to decide: Établissement: Looks like another school: H. Fontaine (1). Say which one it is." in lines
    assert (said[-1], done) == ("New people: 204, changed: 0, unchanged: 0.", "")


def test_the_command_names_a_spelling_that_is_nowhere() -> None:
    edition = ideathon()

    lines, failure = run(str(LIST), "--edition", edition.slug, "--create-schools", "--school", "LEACA=Hogwarts")

    assert (lines, failure) == ([], "No school of the list or of this installation is written 'Hogwarts'.")
