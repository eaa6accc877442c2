"""Invitations: a role in an edition, offered by mail to who may not have an account yet.

Owns the invitations of an edition: offered in bulk, sent again, taken back, accepted. The link is made of a random
number of the row and the installation's key, so no table holds it, and sending again ends the older link. A look
accepts nothing. An invitation gives the one role it names, with the power of who invited, and touches no account
that is there already: its owner signs in and accepts. Sends nothing: a letter does.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.text import slugify

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.kernel.cells import read_cell
from estrade.kernel.cleantext import folded, not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.kernel.tokens import new_token
from estrade.people.models import Invitation, Organisation, Person, Role
from estrade.people.organisations import organisation_named
from estrade.people.people import create_person, give_role

# Who may be invited by mail. Organisers are named on the page of people, one by one.
ROLES = (Role.Name.PARTNER, Role.Name.JUROR, Role.Name.FACILITATOR, Role.Name.PARTICIPANT)
DAYS = 14
MOST_LINES = 500
LONGEST_LIST = 100_000
# What people write for a role, in both languages, without accents.
ROLE_WORDS: dict[str, str] = {
    "partner": Role.Name.PARTNER, "partenaire": Role.Name.PARTNER, "porteur": Role.Name.PARTNER,
    "porteur de defi": Role.Name.PARTNER, "juror": Role.Name.JUROR, "jury": Role.Name.JUROR, "jure": Role.Name.JUROR,
    "juree": Role.Name.JUROR, "membre du jury": Role.Name.JUROR, "facilitator": Role.Name.FACILITATOR,
    "facilitateur": Role.Name.FACILITATOR, "facilitatrice": Role.Name.FACILITATOR, "mentor": Role.Name.FACILITATOR,
    "mentore": Role.Name.FACILITATOR, "animateur": Role.Name.FACILITATOR, "animatrice": Role.Name.FACILITATOR,
    "participant": Role.Name.PARTICIPANT, "participante": Role.Name.PARTICIPANT, "eleve": Role.Name.PARTICIPANT,
    "student": Role.Name.PARTICIPANT, "etudiant": Role.Name.PARTICIPANT, "etudiante": Role.Name.PARTICIPANT,
}  # fmt: skip
# First cells of a heading line: nobody is called that.
HEADINGS = frozenset({"name", "nom", "prenom", "first name", "e-mail", "email", "mail", "courriel", "adresse"})


@dataclass(frozen=True, kw_only=True)
class Guest:
    """One line of the list as understood. `problem` is a code, empty when the line can be invited.

    `new_organisation`: the name of a partner's organisation that is not known yet, and comes in with the invitation.
    """

    line: int
    name: str
    email: str
    role: str
    organisation: Organisation | None = None
    new_organisation: str = ""
    problem: str = ""


def read_guests(text: str, *, edition: Edition, role: str) -> list[Guest]:
    """The lines of a pasted list or CSV: name, address, and perhaps a role and an organisation in any order.

    `role` holds where a line names none. `Lea Martin <lea@example.org>` is read too. What else a partner's line says is
    the name of a new organisation. Refused: too_long, list_too_long.
    """
    not_longer("people", text, LONGEST_LIST)
    rows = [(number, row) for number, row in enumerate(_rows(text), start=1) if any(cell.strip() for cell in row)]
    if len(rows) > MOST_LINES:
        raise Refused("list_too_long", most=MOST_LINES)
    organisations = {folded(name): one for one in Organisation.objects.all() for name in (one.name, one.short_name)}
    has_role = set(Role.objects.filter(edition=edition).annotate(address=Lower("person__email")).values_list("address", "role"))
    invited = set(_of(edition).annotate(address=Lower("email")).values_list("address", "role"))
    guests: list[Guest] = []
    seen: set[tuple[str, str]] = set()
    for number, row in rows:
        cells = [one_line(read_cell(cell.strip())) for cell in row]
        if number == rows[0][0] and not any("@" in cell for cell in cells) and _plain(cells[0]) in HEADINGS:
            continue
        guest = _guest(number, cells, role, organisations)
        key = (guest.email.lower(), guest.role)
        found = {"invitation_twice": key in seen, "role_there": key in has_role, "invitation_there": key in invited}
        problem = guest.problem or next((code for code, is_so in found.items() if is_so), "")
        seen.add(key)
        guests.append(Guest(**{**guest.__dict__, "problem": problem}))
    return guests


def invite_people(*, person: Person, edition_id: int, text: str, role: str, language: str) -> int:
    """Invite everybody of the list whose line can be understood and who is not invited to this role yet. How many?

    Refused: mail_not_set_up, invitation_role (a role that is not offered by mail), too_long, list_too_long.
    """
    with transaction.atomic():
        edition = Edition.objects.get(pk=edition_id)
        require(person, "people.invite", edition)
        if not settings.MAIL:
            raise Refused("mail_not_set_up")
        if role not in ROLES or language not in dict(settings.LANGUAGES):
            raise Refused("invitation_role", field="role")
        guests = [guest for guest in read_guests(text, edition=edition, role=role) if not guest.problem]
        now = db_now()
        rows = [_invitation(guest, edition, person, language, now) for guest in guests]
        # Two organisers may paste the same list at the same moment.
        Invitation.objects.bulk_create(rows, ignore_conflicts=True)
        if rows:
            audit(
                edition_id=edition.pk,
                actor_id=person.pk,
                action="people.invite",
                thing=f"edition {edition.pk}",
                after={"people": len(rows)},
            )
    return len(rows)


def resend_invitation(*, person: Person, edition_id: int, invitation_id: int) -> Invitation:
    """Send it again with a new link and fourteen more days; the older link ends. Refused: invitation_accepted."""
    with transaction.atomic():
        invitation = _locked(person, edition_id, invitation_id)
        if not settings.MAIL:
            raise Refused("mail_not_set_up")
        if invitation.accepted_at is not None:
            raise Refused("invitation_accepted")
        now = db_now()
        invitation.nonce, invitation.asked_at, invitation.expires_at = new_token(), now, now + timedelta(days=DAYS)
        invitation.opened_at = invitation.revoked_at = None
        invitation.invited_by = person
        invitation.save()
        _audit(person, invitation, "people.invite", "sent again")
    return invitation


def revoke_invitation(*, person: Person, edition_id: int, invitation_id: int) -> Invitation:
    """Take it back: its link ends; taken back twice, nothing happens. Refused: invitation_accepted."""
    with transaction.atomic():
        invitation = _locked(person, edition_id, invitation_id)
        if invitation.accepted_at is not None:
            raise Refused("invitation_accepted")
        if invitation.revoked_at is None:
            invitation.revoked_at = db_now()
            invitation.save(update_fields=["revoked_at"])
            _audit(person, invitation, "people.invite", "taken back")
    return invitation


def invitation_of(token: str) -> Invitation:
    """The open invitation behind a link. Refused: invitation_over, whatever the reason."""
    pk, _, given = token.partition("-")
    found = None
    if pk.isascii() and pk.isdecimal() and len(pk) < 19:
        found = open_invitations(db_now()).filter(pk=int(pk)).select_related("edition", "invited_by").first()
    if found is None or not constant_time_compare(_signature(found), given):
        raise Refused("invitation_over")
    if found.opened_at is None:
        Invitation.objects.filter(pk=found.pk, nonce=found.nonce).update(opened_at=db_now())
    return found


def owner_of_address(invitation: Invitation) -> Person | None:
    """Who has the account with the invited address, if anybody."""
    return Person.objects.filter(email__iexact=invitation.email, rehearses=None).first()


def accept_invitation(*, person: Person | None, token: str) -> Person:
    """Give the invited role to the account of the address: a new one, or one whose owner (`person`) is signed in.

    Refused: invitation_over (also when who invited may not any more); invitation_of_account when the address belongs
    to an account that somebody else, or nobody, is signed in to.
    """
    found = invitation_of(token)
    with transaction.atomic():
        invitation = open_invitations(db_now()).select_for_update(of=("self",)).filter(pk=found.pk, nonce=found.nonce).first()
        if invitation is None:
            raise Refused("invitation_over")
        owner = owner_of_address(invitation)
        if owner is not None and (person is None or person.pk != owner.pk):
            raise Refused("invitation_of_account")
        guest = owner or create_person(
            first_name=invitation.first_name,
            last_name=invitation.last_name or ("" if invitation.first_name else invitation.email.partition("@")[0]),
            email=invitation.email,
            language=invitation.language,
        )
        inviter = invitation.invited_by
        if inviter is None or not inviter.is_active:
            raise Refused("invitation_over")
        try:
            give_role(
                person=inviter,
                edition_id=invitation.edition_id,
                to=guest,
                role=invitation.role,
                organisation=invitation.organisation,
            )
        except Refused as refusal:
            raise Refused("invitation_over") from refusal
        invitation.accepted_at, invitation.accepted_by = db_now(), guest
        invitation.save(update_fields=["accepted_at", "accepted_by"])
    return guest


def open_invitations(now: datetime) -> QuerySet[Invitation]:
    """Those whose link still serves."""
    return Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)


def link_path(invitation: Invitation) -> str:
    """The path of its link, for the letter."""
    return reverse("people:invitation", args=[f"{invitation.pk}-{_signature(invitation)}"])


def _signature(invitation: Invitation) -> str:
    return salted_hmac("estrade.people.invitations", invitation.nonce, algorithm="sha256").hexdigest()[:40]


def _of(edition: Edition) -> QuerySet[Invitation]:
    return Invitation.objects.filter(edition=edition)


def _locked(person: Person, edition_id: int, invitation_id: int) -> Invitation:
    edition = Edition.objects.get(pk=edition_id)
    require(person, "people.invite", edition)
    return _of(edition).select_for_update().get(pk=invitation_id)


def _audit(person: Person, invitation: Invitation, action: str, what: str) -> None:
    thing = f"invitation {invitation.pk}"
    audit(edition_id=invitation.edition_id, actor_id=person.pk, action=action, thing=thing, after=what)


def _invitation(guest: Guest, edition: Edition, person: Person, language: str, now: datetime) -> Invitation:
    first, _, last = guest.name.partition(" ")
    new = guest.new_organisation
    return Invitation(
        edition=edition,
        email=guest.email,
        first_name=first,
        last_name=last,
        role=guest.role,
        organisation=organisation_named(new, category=Organisation.Category.BUSINESS) if new else guest.organisation,
        language=language,
        invited_by=person,
        asked_at=now,
        expires_at=now + timedelta(days=DAYS),
    )


def _guest(number: int, cells: Sequence[str], role: str, organisations: dict[str, Organisation]) -> Guest:
    name, email, organisation, unknown = "", "", None, ""
    for cell in filter(None, cells):
        if "@" in cell and not email:
            before, _, rest = cell.partition("<")
            email, name = (rest.rstrip("> "), name or before.strip(' "')) if rest else (cell, name)
        elif (said := ROLE_WORDS.get(_plain(cell))) is not None:
            role = said
        elif (found := organisations.get(folded(cell))) is not None:
            organisation = found
        elif not name:
            name = cell
        else:
            unknown = cell
    new = ""
    if role == Role.Name.PARTNER and organisation is None and unknown and slugify(unknown) and len(unknown) <= 160:
        # The first person of a partner brings the partner in: nobody has named it before.
        new, unknown = unknown, ""
    problem = _problem(name, email, unknown)
    if not problem and role == Role.Name.PARTNER and organisation is None and not new:
        problem = "organisation_missing"
    return Guest(line=number, name=name, email=email, role=role, organisation=organisation, new_organisation=new, problem=problem)


def _problem(name: str, email: str, unknown: str) -> str:
    if not email:
        return "email_missing"
    try:
        validate_email(email)
    except ValidationError:
        return "email_invalid"
    if len(email) > 254 or len(name) > 80:
        return "line_too_long"
    return "word_unknown" if unknown else ""


def _plain(text: str) -> str:
    return folded(text).translate(str.maketrans("éèêàçïô", "eeeacio"))


def _rows(text: str) -> list[list[str]]:
    """The cells: separated by what stands most often outside quotes, a tab, a semicolon or a comma."""
    separator = max("\t;,", key=text.count)
    return list(csv.reader(io.StringIO(text.replace("\0", "")), delimiter=separator))
