"""What happens among the teams of Idéathon Pulse: newcomers look for a team, teams for people, teams ask partners.

All or nothing, with the product's own verbs, after the teams are there.
"""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Count

from estrade.demo.sample_files import photo
from estrade.editions.models import Edition
from estrade.files.uploads import Sending
from estrade.kernel.clock import db_now
from estrade.people.models import Organisation, Person, Role
from estrade.people.people import create_person, give_role
from teams.approaches import ask_to_join, invite
from teams.files import bring_file
from teams.models import Absence, Question, Team
from teams.mornings import mark_absences
from teams.notices import post_own_notice, post_team_notice
from teams.questions import answer_question, ask_question
from teams.submissions import save_draft

PARTNER = "partenaire"
# First name, last name, what they write, what they can do. The first one asks the team of the demonstration.
NEWCOMERS = (
    ("Soline", "Tavernole", "Je dessine vite et j’aime expliquer.", ("dessin", "oral")),
    ("Ismaël", "Corvedoux", "Je viens d’arriver, je cherche une équipe qui construit une maquette.", ("maquette",)),
    ("Jeanne", "Bellevarde", "", ("vidéo", "numérique")),
)
TEAM_NOTICES = (
    ("Il nous manque quelqu’un pour filmer.", ("vidéo",)),
    ("On cherche une personne à l’aise à l’oral.", ("oral",)),
    ("", ("dessin", "maquette")),
)
# Minutes ago, the question, the answer; None waits for one.
QUESTIONS: tuple[tuple[int, str, str | None], ...] = (
    (
        55,
        "Peut-on interroger des voisins pendant l’après-midi ?",
        "Oui, jusqu’à 15 heures, en restant à deux et dans le quartier.",
    ),
    (40, "Faut-il un chiffrage ?", "Un ordre de grandeur suffit : dites d’où il vient."),
    (12, "Notre idée touche aussi l’internat. Est-ce encore dans le défi ?", None),
    (6, "Peut-on montrer une maquette au lieu d’un texte ?", None),
)


def bring_to_life(*, maud: Person, edition: Edition, captain: str, newcomer: str) -> None:
    """Newcomers, notices, an invitation, requests, questions, a draft with its poster, and who is missing."""
    with transaction.atomic():
        places = Team.objects.filter(edition=edition).select_related("captain", "challenge__partner", "edition")
        counted = places.annotate(size=Count("memberships")).filter(size__lt=edition.largest_team or 6).order_by("number")
        own, *others = sorted(counted, key=lambda team: (team.captain is None or team.captain.username != captain, team.number))
        assert own.captain is not None
        _write_draft(own)
        people = [
            _newcomer(maud, edition, own, number, username=newcomer if number == 0 else "") for number in range(len(NEWCOMERS))
        ]
        notices = [
            post_own_notice(person=person, edition_id=edition.pk, text=text, skills=skills)
            for person, (_first, _last, text, skills) in zip(people, NEWCOMERS, strict=True)
        ]
        for team, (text, skills) in zip((own, *others), TEAM_NOTICES, strict=False):
            assert team.captain is not None
            post_team_notice(person=team.captain, team_id=team.pk, text=text, skills=skills)
        for person in people[1:]:
            ask_to_join(person=person, edition_id=edition.pk, team_id=own.pk)
        invite(person=own.captain, team_id=own.pk, notice_id=notices[0].pk)
        _ask(edition, own)
        _miss(maud, edition, own, late=people[-1])


def _newcomer(maud: Person, edition: Edition, team: Team, number: int, *, username: str) -> Person:
    """Somebody who came this morning, of a school that has few in `team`."""
    first, last, _text, _skills = NEWCOMERS[number]
    person = create_person(first_name=first, last_name=last, username=username, language="fr")
    pupils = Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT, organisation__isnull=False)
    there = Counter(pupils.filter(person__memberships__team=team).values_list("organisation", flat=True))
    schools = Organisation.objects.filter(pk__in=pupils.values("organisation")).order_by("pk")
    school = sorted(schools, key=lambda one: (there[one.pk], one.pk))[number]
    give_role(person=maud, edition_id=edition.pk, to=person, role=Role.Name.PARTICIPANT, organisation=school)
    return person


def _write_draft(team: Team) -> None:
    assert team.captain is not None
    save_draft(
        person=team.captain, team_id=team.pk, base_revision=0, title="La goutte d’or",
        summary="Un compteur par étage, une couleur par jour.", text="", link="",
    )  # fmt: skip
    data = photo(team.number)
    sending = Sending(client_id=uuid4(), name="Affiche.jpg", size=len(data))
    bring_file(person=team.captain, team_id=team.pk, field="poster", sending=sending, pieces=[data])


def _ask(edition: Edition, team: Team) -> None:
    """The team of the demonstration and others on its challenge ask the partner; two of them wait for the answer."""
    assert team.challenge is not None
    roles = Role.objects.filter(edition=edition, role=Role.Name.PARTNER, organisation=team.challenge.partner_id)
    referent = roles.select_related("person").get().person
    referent.username, referent.language = PARTNER, "fr"
    referent.save(update_fields=["username", "language"])
    asking = Team.objects.filter(edition=edition, challenge=team.challenge, captain__isnull=False).select_related("captain")
    teams = [team, *asking.exclude(pk=team.pk).order_by("number")]
    now = db_now()
    for number, (minutes, text, answer) in enumerate(QUESTIONS):
        captain = teams[number % len(teams)].captain
        assert captain is not None
        asked = ask_question(person=captain, challenge_id=team.challenge.pk, text=text, client_id=uuid4())
        times = {"asked_at": now - timedelta(minutes=minutes)}
        if answer is not None:
            answer_question(person=referent, question_id=asked.pk, text=answer, to_all=number == 0)
            times["answered_at"] = now - timedelta(minutes=minutes - 8)
        Question.objects.filter(pk=asked.pk).update(**times)


def _miss(maud: Person, edition: Edition, team: Team, *, late: Person) -> None:
    """Two pupils of one team and one of another do not come; somebody without a team comes late."""
    others = Team.objects.filter(edition=edition).exclude(pk=team.pk).order_by("-number")[:2]
    members = [list(one.memberships.exclude(person=one.captain_id).values_list("person", flat=True)) for one in others]
    marks = {**dict.fromkeys([*members[0][:2], members[1][0]], Absence.State.ABSENT), late.pk: Absence.State.LATE}
    mark_absences(person=maud, edition_id=edition.pk, marks=marks)
