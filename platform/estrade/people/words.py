"""Roles as people call them: many, one, and one inside a sentence."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from estrade.people.models import Role

ROLES: dict[str, Promise] = {
    Role.Name.ORGANISER: _("Organisers"),
    Role.Name.PARTNER: _("Partners"),
    Role.Name.PARTICIPANT: _("Participants"),
    Role.Name.FACILITATOR: _("Facilitators"),
    Role.Name.JUROR: _("Jurors"),
    Role.Name.PRESIDENT: _("Jury chair"),
    Role.Name.SCHOOL_CONTACT: _("School contacts"),
}

# One of them, as a label.
ONE_ROLE: dict[str, Promise] = {
    Role.Name.PARTICIPANT.value: _("Participant"),
    Role.Name.ORGANISER.value: _("Organiser"),
    Role.Name.PARTNER.value: _("Partner"),
    Role.Name.JUROR.value: _("Juror"),
    Role.Name.PRESIDENT.value: _("Jury chair"),
    Role.Name.FACILITATOR.value: _("Facilitator"),
    Role.Name.SCHOOL_CONTACT.value: _("School contact"),
}

# One of them, inside a sentence: "invites you as juror".
ROLE: dict[str, Promise] = {
    Role.Name.ORGANISER: _("organiser"),
    Role.Name.PARTNER: _("partner"),
    Role.Name.PARTICIPANT: _("participant"),
    Role.Name.FACILITATOR: _("facilitator"),
    Role.Name.JUROR: _("juror"),
    Role.Name.PRESIDENT: _("jury chair"),
    Role.Name.SCHOOL_CONTACT: _("school contact"),
}

INVITATION_STATES: dict[str, Promise] = {
    "sent": _("sent"),
    "opened": _("opened"),
    "accepted": _("accepted"),
    "expired": _("expired"),
    "revoked": _("taken back"),
}

# Why a line of a list is left out.
LINE_PROBLEMS: dict[str, Promise] = {
    "email_missing": _("No e-mail address: print a personal code instead."),
    "email_invalid": _("This is not an e-mail address."),
    "line_too_long": _("Name or address is too long."),
    "word_unknown": _("More words than expected: no role and no organisation has this name."),
    "organisation_missing": _("A partner needs an organisation: add its name to the line."),
    "invitation_twice": _("This address stands higher up with the same role."),
    "role_there": _("Has this role already."),
    "invitation_there": _("Is invited already: send it again from the list."),
}
