"""People, the organisations they come from, and what they are in each edition."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import connection, models
from django.db.models.functions import Lower

from estrade.kernel.cleantext import plain_words
from estrade.kernel.tokens import new_token


class PersonManager(BaseUserManager["Person"]):
    """Creates people; a person without a password signs in by other means or not at all."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(username=username, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "Person":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    """One human being over all editions. Has no e-mail when it is a pupil."""

    username = models.CharField(max_length=80, unique=True)
    email = models.EmailField(blank=True, null=True)  # noqa: DJ001 - unique, and two empty ones would not be
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=8, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    rehearses = models.ForeignKey(
        "editions.Edition",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="a double of this copy",
    )
    plain_name = models.CharField(max_length=340, blank=True, editable=False, help_text="the name as people search and sort it")

    # Set on whoever came by a paper of one edition: this session has no role in any other.
    only_edition: int | None = None

    objects = PersonManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["last_name", "first_name", "pk"]
        verbose_name_plural = "people"
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_email")]
        indexes = [models.Index(fields=["plain_name"], name="people_by_plain_name")]

    def __str__(self) -> str:
        return self.name

    def save(self, **options: Any) -> None:
        """The name for searching follows the name, whoever changes it."""
        self.plain_name = plain_name(self)
        fields = options.get("update_fields")
        if fields is not None and not {"first_name", "last_name", "username"}.isdisjoint(fields):
            options["update_fields"] = {*fields, "plain_name"}
        super().save(**options)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.username

    def get_short_name(self) -> str:
        return self.first_name or self.username

    def get_full_name(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in (self.first_name, self.last_name) if part).upper() or self.username[:2].upper()

    def roles_in(self, edition_id: int) -> frozenset[str]:
        """Role names in one edition, read once per person object and edition; none outside of `only_edition`."""
        if self.only_edition not in (None, edition_id):
            return frozenset({"anonymous"})
        cache: dict[int, frozenset[str]] = self.__dict__.setdefault("_roles", {})
        if edition_id not in cache:
            # By hand: nearly each request asks this, and composing it cost more than the answer.
            with connection.cursor() as cursor:
                cursor.execute("SELECT role FROM people_role WHERE person_id = %s AND edition_id = %s", [self.pk, edition_id])
                names = {role for (role,) in cursor.fetchall()}
            if Role.Name.PRESIDENT in names:
                names.add(Role.Name.JUROR)
            if self.is_superuser:
                names.add("admin")
            cache[edition_id] = frozenset(names | {"anonymous"})
        return cache[edition_id]

    def forget_roles(self) -> None:
        """Read the roles anew at the next question: called where one was given or taken."""
        self.__dict__.pop("_roles", None)


def plain_name(person: Person) -> str:
    """Family name first, in plain words; a row that is written in bulk has to be given it."""
    name = f"{person.last_name} {person.first_name}" if person.last_name or person.first_name else person.username
    # One letter may become eighteen: what is cut is never looked for.
    return plain_words(name)[:340]


class Organisation(models.Model):
    """A school, a higher-education institution, a business or a public institution."""

    class Category(models.TextChoices):
        SCHOOL = "school", "school"
        HIGHER_EDUCATION = "higher_education", "higher education"
        BUSINESS = "business", "business"
        PUBLIC_INSTITUTION = "public_institution", "public institution"

    name = models.CharField(max_length=160, unique=True)
    short_name = models.CharField(max_length=60)
    slug = models.SlugField(unique=True)
    category = models.CharField(max_length=20, choices=Category.choices)
    spellings = models.JSONField(default=list, blank=True, help_text="other ways people write the name")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.short_name

    @property
    def monogram(self) -> str:
        words = [w for w in self.short_name.replace("/", " ").replace("-", " ").split() if w]
        return ("".join(w[0] for w in words[:2]) if len(words) > 1 else self.short_name[:2]).upper()


class Role(models.Model):
    """What a person is in one edition; several at once are allowed."""

    class Name(models.TextChoices):
        ORGANISER = "organiser", "organiser"
        PARTNER = "partner", "partner"
        PARTICIPANT = "participant", "participant"
        FACILITATOR = "facilitator", "facilitator"
        JUROR = "juror", "juror"
        PRESIDENT = "president", "jury president"
        SCHOOL_CONTACT = "school_contact", "school contact"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="roles")
    edition = models.ForeignKey("editions.Edition", on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=16, choices=Name.choices)
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="roles")
    level = models.CharField(max_length=60, blank=True, help_text="level of study")

    class Meta:
        ordering = ["edition", "role", "person"]
        constraints = [models.UniqueConstraint(fields=["person", "edition", "role"], name="each_role_once_per_edition")]

    def __str__(self) -> str:
        return f"{self.person} {self.role}"


class PersonalCode(models.Model):
    """A person's way in without a password, in one edition. The code itself is on paper only."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="codes")
    edition = models.ForeignKey("editions.Edition", on_delete=models.CASCADE, related_name="+")
    selector = models.CharField(max_length=8, unique=True, help_text="first part of the code")
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    uses = models.PositiveIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "edition"], name="one_code_per_person_and_edition")]

    def __str__(self) -> str:
        return f"code of {self.person}"


class MailCode(models.Model):
    """A sign-in code that was asked for by mail. The six digits are derived from `nonce` with the installation's key.

    An address that nobody has leaves the same row without a person, so that both answers cost the same.
    """

    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=32, unique=True, default=new_token, help_text="known to the browser that asked")
    address = models.CharField(max_length=64, help_text="SHA-256 of the address")
    nonce = models.CharField(max_length=32, default=new_token)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True, help_text="used, or replaced by a newer one")

    class Meta:
        indexes = [
            models.Index(fields=["address"], name="mail_codes_by_address"),
            models.Index(fields=["made_at"], name="mail_codes_by_age"),
        ]

    def __str__(self) -> str:
        return f"sign-in code of {self.person or 'nobody'}"


class Invitation(models.Model):
    """A role in an edition, offered by mail. The link is derived from `nonce`; sending again makes a new one."""

    edition = models.ForeignKey("editions.Edition", on_delete=models.CASCADE, related_name="+")
    email = models.EmailField()
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=16, choices=Role.Name.choices)
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    language = models.CharField(max_length=8)
    nonce = models.CharField(max_length=32, default=new_token)
    invited_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(help_text="when the last letter was asked for")
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["edition", "role", "last_name", "first_name", "pk"]
        constraints = [
            models.UniqueConstraint(Lower("email"), "edition", "role", name="one_invitation_per_address_role_and_edition")
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.role}"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email


class SecondFactor(models.Model):
    """What an authenticator app of a person shares with this site. Counts once it was confirmed."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_step = models.BigIntegerField(default=0, help_text="the last half minute whose code was used")

    def __str__(self) -> str:
        return f"second factor of {self.person}"


class RecoveryCode(models.Model):
    """A code on paper for who lost the authenticator app. Used once; only a hash is stored."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="each_recovery_code_once")]

    def __str__(self) -> str:
        return f"recovery code of {self.person}"


class Presence(models.Model):
    """Whether a person's page was heard of lately, for the organisers' eyes."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    edition = models.ForeignKey("editions.Edition", on_delete=models.CASCADE, related_name="+")
    is_online = models.BooleanField(default=False)
    heard_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "edition"], name="one_presence_per_person_and_edition")]

    def __str__(self) -> str:
        return f"{self.person} {'online' if self.is_online else 'offline'}"


class Attempt(models.Model):
    """Failed sign-ins of one account in one hour, counted in the database so that no two count as one."""

    key = models.CharField(max_length=160)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "hour"], name="one_counter_per_account_and_hour")]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
