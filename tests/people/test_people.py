"""Identities and roles."""

from typing import Any

import pytest

from estrade.journal.models import AuditEntry, Event
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from estrade.people.people import create_person, give_role, take_role
from tests.builders import a_person, a_role, an_edition, an_organisation, organiser_of

pytestmark = pytest.mark.django_db


def test_a_pupil_without_an_e_mail_gets_a_name_to_sign_in_with() -> None:
    people = [create_person(first_name=" Zoé ", last_name="Martin") for _ in range(3)]

    assert [person.username for person in people] == ["zoe.martin", "zoe.martin.2", "zoe.martin.3"]
    assert people[0].first_name == "Zoé"
    assert people[0].email is None
    assert not people[0].has_usable_password()


def test_one_e_mail_is_one_person() -> None:
    create_person(first_name="Zoé", last_name="Martin", email="Zoe@example.org")

    with pytest.raises(Refused, match="email_taken"):
        create_person(first_name="Another", last_name="One", email="zoe@example.org")


@pytest.mark.parametrize("username", ["Maud", " maud ", "ma\u200bud", "mаud"])
def test_a5_a_user_name_that_looks_equal_is_taken(username: str) -> None:
    a_person(username="maud")

    with pytest.raises(Refused, match="name_taken"):
        a_person(username=username)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"first_name": "", "last_name": "\u200b"}, "name_missing"),
        ({"first_name": "x" * 10_000, "last_name": "y"}, "too_long"),
        ({"first_name": "x", "last_name": "y", "email": "e" * 10_000}, "too_long"),
        ({"first_name": "x", "last_name": "y", "username": "u" * 81}, "too_long"),
    ],
)
def test_a_person_needs_a_name_of_reasonable_length(fields: dict[str, str], code: str) -> None:
    with pytest.raises(Refused, match=code):
        create_person(**fields)

    assert not Person.objects.exists()


def test_roles_add_up_and_differ_between_editions() -> None:
    edition, other, person = an_edition(), an_edition(), a_person()
    organisation = an_organisation("SNCF")

    a_role(edition, "partner", person=person, organisation=organisation)
    a_role(edition, "president", person=person)
    a_role(other, "participant", person=person)

    assert edition.roles_of(person) == {"anonymous", "partner", "president", "juror"}
    assert other.roles_of(person) == {"anonymous", "participant"}


def test_the_same_role_again_brings_the_details_up_to_date() -> None:
    edition, person, school = an_edition(), a_person(), an_organisation("ESEO", "higher_education")
    give: dict[str, Any] = {"person": organiser_of(edition), "edition_id": edition.pk, "to": person, "role": "participant"}

    give_role(**give, organisation=school, level="L3")
    give_role(**give, level="M1")
    give_role(**give)

    role = Role.objects.get(person=person)
    assert (role.organisation, role.level) == (school, "M1")
    assert Event.objects.filter(kind="role.given", payload__person=person.pk).count() == 1


def test_a_role_is_taken_with_a_reason_kept() -> None:
    edition = an_edition()
    juror = a_role(edition, "juror")

    for _ in range(2):
        take_role(person=organiser_of(edition), edition_id=edition.pk, of=juror, role="juror", reason="Fell ill")

    assert edition.roles_of(juror) == {"anonymous"}
    assert AuditEntry.objects.get(action="role.take").reason == "Fell ill"


def test_the_last_organiser_stays() -> None:
    edition = an_edition()
    first = organiser_of(edition)

    with pytest.raises(Refused, match="last_organiser"):
        take_role(person=first, edition_id=edition.pk, of=first, role="organiser")
    second = a_role(edition, "organiser")
    take_role(person=second, edition_id=edition.pk, of=first, role="organiser")

    assert organiser_of(edition) == second


def test_nobody_gives_roles_without_the_right_to() -> None:
    edition = an_edition()

    for person in (a_role(edition, "participant"), a_role(edition, "president"), a_role(an_edition(), "organiser")):
        with pytest.raises(Refused, match="wrong_role"):
            give_role(person=person, edition_id=edition.pk, to=person, role="organiser")
