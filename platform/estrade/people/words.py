"""Roles as people call them."""

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
