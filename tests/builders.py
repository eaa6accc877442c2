"""Data for tests, made through the real verbs, so that impossible states cannot be built.

Everything starts in an edition that is open; `bring_to` moves its stored instants so that *now* falls
into another phase, as if that much time had passed. Nothing is carried out by that: call the tick.
"""

from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from challenges.challenges import ChallengeText, create_challenge, publish_challenge
from challenges.models import Challenge
from estrade.editions.editions import NewEdition, create_edition
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.people.models import Organisation, Person, Role
from estrade.people.people import create_person, give_role
from teams.membership import create_team, join_team
from teams.models import Receipt, Team
from teams.submissions import deliver_submission, save_draft

PASSWORD = "correct horse battery staple"
WORDS: dict[str, Any] = {
    "title": "Cool roofs",
    "summary": "White paint that pays",
    "text": "We paint roofs white.",
    "link": "https://example.org/roofs",
}

_numbers = count(1)


def a_person(name: str = "", **fields: Any) -> Person:
    """A person without a role; signs in with PASSWORD."""
    number = next(_numbers)
    fields.setdefault("username", f"person{number}")
    return create_person(first_name=name or f"First{number}", last_name=f"Last{number}", password=PASSWORD, **fields)


def an_administrator() -> Person:
    person = a_person("Admin")
    person.is_superuser = person.is_staff = True
    person.save()
    return person


def an_edition(phase: Phase = Phase.OPEN, **changes: Any) -> Edition:
    """An edition brought to `phase`. Its organiser: `organiser_of(edition)`."""
    number, now = next(_numbers), db_now()
    new = NewEdition(
        **{
            "slug": f"edition-{number}",
            "number": number,
            "name": "Hack to Horizon",
            "starts_on": date(2027, 3, 19),
            "ends_on": date(2027, 3, 21),
            "opens_at": now - timedelta(days=1),
            "submissions_close_at": now + timedelta(hours=10),
            "judging_opens_at": now + timedelta(hours=11),
            "freeze_at": now + timedelta(hours=14),
            **changes,
        }
    )
    edition = create_edition(person=an_administrator(), network_slug="green-city", network_name="Green City", new=new)
    return edition if phase is Phase.OPEN else bring_to(edition, phase)


def organiser_of(edition: Edition) -> Person:
    """The organiser who created the edition."""
    role = Role.objects.filter(edition=edition, role=Role.Name.ORGANISER).select_related("person").earliest("pk")
    return Person.objects.get(pk=role.person_id)


def bring_to(edition: Edition, phase: Phase) -> Edition:
    """Let time pass (or turn it back) until the middle of `phase`, by moving every stored instant."""
    edition.refresh_from_db()
    middle = {
        Phase.BEFORE: edition.opens_at - timedelta(hours=1),
        Phase.OPEN: edition.opens_at + (edition.submissions_close_at - edition.opens_at) / 2,
        Phase.CLOSED: edition.submissions_close_at + (edition.judging_opens_at - edition.submissions_close_at) / 2,
        Phase.JUDGING: edition.judging_opens_at + timedelta(hours=1),
        Phase.FROZEN: (edition.freeze_at or edition.judging_opens_at) + timedelta(minutes=10),
        Phase.PUBLISHED: (edition.freeze_at or edition.judging_opens_at) + timedelta(hours=1),
    }[phase]
    if phase is Phase.PUBLISHED:
        edition.published_at = middle
    return shift(edition, db_now() - middle)


def shift(edition: Edition, by: timedelta) -> Edition:
    """Move every stored instant of an edition by the same time."""
    for name in ("opens_at", "submissions_close_at", "judging_opens_at", "freeze_at", "published_at"):
        instant = getattr(edition, name)
        setattr(edition, name, instant and instant + by)
    edition.save()
    return edition


def an_organisation(name: str = "", category: str = Organisation.Category.BUSINESS) -> Organisation:
    name = name or f"Organisation {next(_numbers)}"
    slug = name.lower().replace(" ", "-")
    return Organisation.objects.create(name=name, short_name=name, slug=slug, category=category)


def a_role(edition: Edition, role: str, *, person: Person | None = None, organisation: Organisation | None = None) -> Person:
    """A person (a new one by default) with this role in the edition."""
    person = person or a_person()
    give_role(person=organiser_of(edition), edition_id=edition.pk, to=person, role=role, organisation=organisation)
    return person


def a_participant(edition: Edition) -> Person:
    return a_role(edition, Role.Name.PARTICIPANT)


def a_challenge(edition: Edition, *, partner: Organisation | None = None, published: bool = True, **text: Any) -> Challenge:
    """A challenge, public by default. The edition must be open or not open yet."""
    number, organiser = next(_numbers), organiser_of(edition)
    challenge = create_challenge(
        person=organiser,
        edition_id=edition.pk,
        partner_id=(partner or an_organisation()).pk,
        slug=f"challenge-{number}",
        text=ChallengeText(
            **{
                "title": {"fr": f"Défi {number}", "en": f"Challenge {number}"},
                "question": {"fr": "Comment rafraîchir la ville ?", "en": "How to cool the city?"},
                **text,
            }
        ),
    )
    if not published:
        return challenge
    return publish_challenge(person=organiser, challenge_id=challenge.pk, revision=challenge.revision)


def a_team(edition: Edition, *, name: str = "", challenge: Challenge | None = None, members: int = 1) -> Team:
    """A team with its captain and `members` people in all. The edition must be open."""
    team = create_team(
        person=a_participant(edition),
        edition_id=edition.pk,
        name=name or f"Team {next(_numbers)}",
        challenge_id=challenge.pk if challenge else None,
    )
    for _ in range(members - 1):
        join_team(person=a_participant(edition), edition_id=edition.pk, code=team.join_code)
    return team


def captain_of(team: Team) -> Person:
    """The captain, read anew."""
    assert team.captain_id is not None
    return Person.objects.get(pk=team.captain_id)


def a_draft(team: Team, **words: str) -> Team:
    """The team with words in its draft."""
    save_draft(person=captain_of(team), team_id=team.pk, **{**WORDS, **words}, base_revision=team.submission.draft_revision)
    team.submission.refresh_from_db()
    return team


def a_delivered_submission(team: Team, *, late: bool = False, client_id: UUID | None = None) -> Receipt:
    """A version handed in by the captain; a late one comes after the edition was brought past its deadline."""
    if not team.submission.draft_title:
        a_draft(team)
    if late:
        bring_to(team.edition, Phase.CLOSED)
    return deliver_submission(person=captain_of(team), team_id=team.pk, client_id=client_id or uuid4())
