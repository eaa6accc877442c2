"""People, organisations and roles: what somebody has to be able to repair by hand. Roles go through their verbs."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from estrade.kernel.administration import AuditedReadOnly, Table
from estrade.kernel.cleantext import folded
from estrade.kernel.refusal import Refused
from estrade.people.accounts import LONGEST_REASON, close_account, reopen_account, reset_second_factor
from estrade.people.models import (
    Attempt,
    Invitation,
    MailCode,
    Organisation,
    Person,
    PersonalCode,
    Presence,
    RecoveryCode,
    Role,
    SecondFactor,
)
from estrade.people.people import give_role, take_role
from estrade.web.refusals import status_and_sentence

POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class ReasonForm(ActionForm):
    """What an action is taken for; kept in the audit log."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=LONGEST_REASON, required=False)


class NewPersonForm(AdminUserCreationForm):  # type: ignore[type-arg]  # not generic when it runs
    """A name to sign in with and a password."""

    class Meta:
        model = Person
        fields = ["username"]

    def clean_username(self) -> str:
        # Two names that look equal are one name.
        name = folded(self.cleaned_data["username"])
        if Person.objects.filter(username=name).exists():
            raise ValidationError(_("This name is already taken."))
        return name


class PersonForm(UserChangeForm):  # type: ignore[type-arg]  # not generic when it runs
    """Everything about a person but the password, which has a page of its own."""

    class Meta:
        model = Person
        fields = ["username", "first_name", "last_name", "email", "language", *POWERS]


@admin.register(Person)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # not generic when it runs
    """Powers are given by administrators alone; nobody is deleted, an account is switched off."""

    form = PersonForm
    add_form = NewPersonForm
    list_display = ["username", "first_name", "last_name", "email", "is_staff", "is_active", "last_login"]
    date_hierarchy = "joined_at"
    action_form = ReasonForm
    actions = ["close_accounts", "reopen_accounts", "reset_second_factors"]
    list_filter = ["is_active", "is_staff", "is_superuser", "roles__edition", "roles__role"]
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["last_name", "first_name"]
    fieldsets = [
        (None, {"fields": ["username", "password", "first_name", "last_name", "email", "language"]}),
        (gettext_lazy("Powers"), {"fields": ["is_active", *POWERS]}),
        (gettext_lazy("Dates"), {"fields": ["last_login", "joined_at"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "usable_password", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        # The doubles of a rehearsal are nobody: they are wiped with it.
        return super().get_queryset(request).filter(rehearses=None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Whether somebody may sign in is decided by the actions of the list, with a reason.
        mine = ["is_active", "last_login", "joined_at"]
        return mine if request.user.is_superuser else [*mine, *POWERS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Who could change an administrator's password would be one.
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("Close the accounts and end their sessions"))
    def close_accounts(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        self._switch(request, queryset, close_account)

    @admin.action(description=gettext_lazy("Reopen the accounts"))
    def reopen_accounts(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        self._switch(request, queryset, reopen_account)

    @admin.action(description=gettext_lazy("Let the second factor be set up anew"))
    def reset_second_factors(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        self._switch(request, queryset, reset_second_factor)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Person], verb: Any) -> None:
        reason, done = request.POST.get("reason", ""), 0
        for account in queryset:
            try:
                verb(person=request.user, account_id=account.pk, reason=reason)
            except Refused as refused:
                self.message_user(request, f"{account}: {status_and_sentence(refused)[1]}", messages.ERROR)
                continue
            self.log_change(request, account, f"{verb.__name__}: {reason}")
            done += 1
        if done:
            said = ngettext("%(count)s account: done.", "%(count)s accounts: done.", done) % {"count": done}
            self.message_user(request, said, messages.SUCCESS)


@admin.register(Organisation)
class OrganisationAdmin(Table):
    list_display = ["name", "short_name", "category"]
    list_filter = ["category"]
    search_fields = ["name", "short_name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Role)
class RoleAdmin(Table):
    """Given and taken by the verbs, with the rights of whoever is signed in."""

    list_display = ["person", "role", "edition", "organisation", "level"]
    list_filter = ["edition", "role", "organisation__category"]
    list_select_related = ["person", "edition", "organisation"]
    search_fields = ["person__first_name", "person__last_name", "person__username", "organisation__name"]
    autocomplete_fields = ["person", "organisation"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["person", "edition", "role"] if obj else []

    def save_model(self, request: Any, obj: Role, form: Any, change: bool) -> None:
        given = give_role(
            person=request.user,
            edition_id=obj.edition_id,
            to=obj.person,
            role=obj.role,
            organisation=obj.organisation,
            level=obj.level,
        )
        obj.pk = given.pk

    def delete_model(self, request: Any, obj: Role) -> None:
        take_role(person=request.user, edition_id=obj.edition_id, of=obj.person, role=obj.role, reason="administration")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Role]) -> None:
        for role in queryset.select_related("person"):
            self.delete_model(request, role)


@admin.register(Presence)
class PresenceAdmin(AuditedReadOnly):
    list_display = ["person", "edition", "is_online", "heard_at", "changed_at"]
    list_filter = ["edition", "is_online"]
    list_select_related = ["person", "edition"]
    search_fields = ["person__first_name", "person__last_name", "person__username"]


@admin.register(Attempt)
class AttemptAdmin(AuditedReadOnly):
    list_display = ["key", "hour", "count"]
    list_filter = ["hour"]
    search_fields = ["key"]


@admin.register(PersonalCode)
class PersonalCodeAdmin(AuditedReadOnly):
    """Who has a code and how it is used, never what it is made from."""

    list_display = ["person", "edition", "made_at", "expires_at", "uses", "used_at"]
    list_filter = ["edition"]
    list_select_related = ["person", "edition"]
    search_fields = ["person__last_name", "person__first_name", "person__username"]
    exclude = ["selector", "salt", "digest"]


@admin.register(Invitation)
class InvitationAdmin(AuditedReadOnly):
    """Who was invited to what, never what the link is made from."""

    list_display = ["email", "role", "edition", "asked_at", "expires_at", "opened_at", "accepted_at", "revoked_at"]
    list_filter = ["edition", "role"]
    list_select_related = ["edition"]
    search_fields = ["email", "last_name", "first_name"]
    exclude = ["nonce"]


@admin.register(MailCode)
class MailCodeAdmin(AuditedReadOnly):
    """Who asked for a sign-in code and what became of it."""

    list_display = ["person", "made_at", "expires_at", "tries", "used_at"]
    list_filter = ["made_at"]
    list_select_related = ["person"]
    search_fields = ["person__last_name", "person__first_name", "person__username"]
    exclude = ["token", "nonce", "address"]


@admin.register(SecondFactor)
class SecondFactorAdmin(AuditedReadOnly):
    """Who has set up an app, never what it shares with it."""

    list_display = ["person", "made_at", "confirmed_at"]
    list_filter = ["confirmed_at"]
    list_select_related = ["person"]
    search_fields = ["person__last_name", "person__first_name", "person__username"]
    exclude = ["secret", "last_step"]


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(AuditedReadOnly):
    """How many of the codes on paper are used."""

    list_display = ["person", "used_at"]
    list_filter = ["used_at"]
    list_select_related = ["person"]
    search_fields = ["person__last_name", "person__first_name", "person__username"]
    exclude = ["digest"]
