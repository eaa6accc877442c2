"""What calls for a letter: found in the tables each time anew, so that nothing has to be remembered.

Owns no rule of the rooms below: it reads what happened there. Each finder returns the letters that are due and not
written yet; a second scheduler, a moved deadline or a restart finds the rest and nothing twice.
Words: a letter is *about* one row of the cause, and there is one per person.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import CharField, Exists, Max, OuterRef, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from challenges.models import Challenge, Step
from estrade.editions.models import Edition
from estrade.kernel.localtext import local
from estrade.notifications.letters import Draft, Words
from estrade.notifications.models import Letter
from estrade.people.invitations import link_path, open_invitations
from estrade.people.mail_codes import MINUTES, digits_of
from estrade.people.models import Invitation, MailCode, Person, Role
from estrade.people.words import ROLE
from estrade.web.templatetags.estrade import clock_time, day
from teams.extensions import HIGHEST, window_of
from teams.models import Extension, Membership, Question, Receipt, Team

# What happened longer ago is no news: a server that gets its mail back does not tell last week's.
FRESH = timedelta(days=1)
KEEP_TRYING = timedelta(days=3)
NUMBER = Cast(OuterRef("pk"), CharField())
# What organisers decide about a challenge, and the letter that says so.
DECISIONS = {
    Step.Kind.PUBLISHED.value: Letter.Kind.CHALLENGE_PUBLISHED,
    Step.Kind.SENT_BACK.value: Letter.Kind.CHALLENGE_SENT_BACK,
}
# Latest first: who comes late is reminded once, of the time that is really left.
REMINDERS = (
    (Letter.Kind.REMINDER_MINUTES, timedelta(minutes=10)),
    (Letter.Kind.REMINDER_HOUR, timedelta(hours=1)),
    (Letter.Kind.REMINDER_DAY, timedelta(hours=24)),
)


def all_causes(now: datetime) -> Iterator[tuple[str, Iterable[Draft]]]:
    """Each kind of cause with its letters, by name; drawn one after the other."""
    for finder in (sign_in_codes, invitations, receipts, extensions, reminders, decided_challenges, answers):
        yield finder.__name__, partial(finder, now)()


def sign_in_codes(now: datetime) -> list[Draft]:
    """For each code that was asked for and still serves."""
    wanted = MailCode.objects.filter(person__email__isnull=False, used_at__isnull=True, expires_at__gt=now)
    wanted = wanted.exclude(_written(Letter.Kind.SIGN_IN_CODE, OuterRef("nonce"))).select_related("person")
    return [
        Draft(
            kind=Letter.Kind.SIGN_IN_CODE,
            about=code.nonce,
            address=code.person.email,
            person=code.person,
            edition=None,
            expires_at=code.expires_at,
            write=partial(_sign_in_words, code),
        )
        for code in wanted
        if code.person and code.person.email
    ]


def invitations(now: datetime) -> list[Draft]:
    """For each invitation that is open, once each time it was sent."""
    wanted = open_invitations(now).exclude(_written(Letter.Kind.INVITATION, OuterRef("nonce")))
    return [
        Draft(
            kind=Letter.Kind.INVITATION,
            about=invitation.nonce,
            address=invitation.email,
            person=None,
            edition=invitation.edition,
            language=invitation.language,
            expires_at=invitation.expires_at,
            write=partial(_invitation_words, invitation),
        )
        for invitation in wanted.select_related("edition", "invited_by")
    ]


def receipts(now: datetime) -> Iterator[Draft]:
    """For each version that was handed in or captured lately: to everybody of the team who has an address."""
    wanted = Receipt.objects.filter(received_at__gt=now - FRESH, submission__team__edition__rehearses=None)
    wanted = wanted.exclude(_written(Letter.Kind.RECEIPT, NUMBER)).order_by("pk")
    for receipt in wanted.select_related("submission__team__edition"):
        team = receipt.submission.team
        yield from _to_team(team, Letter.Kind.RECEIPT, str(receipt.pk), now + KEEP_TRYING, partial(_receipt_words, team, receipt))


def extensions(now: datetime) -> Iterator[Draft]:
    """For each extra time that was granted and has not ended."""
    wanted = Extension.objects.filter(until__gt=now, granted_at__gt=now - FRESH, team__edition__rehearses=None)
    wanted = wanted.exclude(_written(Letter.Kind.EXTENSION, NUMBER)).order_by("pk")
    for extension in wanted.select_related("team__edition"):
        team = extension.team
        words = partial(_extension_words, team, extension.until)
        yield from _to_team(team, Letter.Kind.EXTENSION, str(extension.pk), extension.until, words)


def reminders(now: datetime) -> Iterator[Draft]:
    """A day, an hour and ten minutes before its time is over: to each team that has handed in nothing."""
    furthest = REMINDERS[-1][1]
    near = Q(edition__submissions_close_at__gt=now - timedelta(minutes=HIGHEST)) | Q(latest__gt=now)
    teams = Team.objects.annotate(latest=Max("extensions__until")).filter(
        near,
        Q(submission__current=None) | Q(submission__current__state=Receipt.State.CAPTURED),
        edition__rehearses=None,
        edition__opens_at__lte=now,
        edition__published_at=None,
        edition__submissions_close_at__lte=now + furthest,
        submission__isnull=False,
        withdrawn_at=None,
    )
    for team in teams.select_related("edition", "challenge", "submission").order_by("pk"):
        window = window_of(team, now)
        left = window.closes_at - now
        kind, before = next((step for step in REMINDERS if left <= step[1]), (None, furthest))
        # Who never had so much time is not reminded of it.
        if kind is None or not window.is_open or window.closes_at - before < team.edition.opens_at:
            continue
        if Letter.objects.filter(kind=kind, about=str(team.pk)).exists():
            continue
        yield from _to_team(team, kind, str(team.pk), window.closes_at, partial(_reminder_words, team, kind, window.closes_at))


def decided_challenges(now: datetime) -> Iterator[Draft]:
    """For each challenge that was published or sent back lately: to those who speak for its partner, but who decided."""
    wanted = Step.objects.filter(kind__in=DECISIONS, at__gt=now - FRESH, challenge__edition__rehearses=None)
    for kind, letter in DECISIONS.items():
        wanted = wanted.exclude(_written(letter, NUMBER), kind=kind)
    steps = list(wanted.select_related("challenge__edition").order_by("pk"))
    authors = _authors([step.challenge for step in steps])
    for step in steps:
        challenge = step.challenge
        # A later step has overtaken it: sent back and published since, or the other way round.
        if challenge.steps.filter(kind__in=DECISIONS, pk__gt=step.pk).exists():
            continue
        people = [one for one in authors[challenge.edition_id, challenge.partner_id] if one.pk != step.person_id]
        words = partial(_decision_words, challenge, step)
        yield from _to(people, DECISIONS[step.kind], str(step.pk), challenge.edition, now + KEEP_TRYING, words)


def answers(now: datetime) -> Iterator[Draft]:
    """For each question that was answered lately: to the whole team that asked, or to who asked without one."""
    wanted = Question.objects.filter(
        answered_at__gt=now - FRESH, hidden_at=None, challenge__published_at__isnull=False, challenge__edition__rehearses=None
    )
    wanted = wanted.exclude(_written(Letter.Kind.QUESTION_ANSWERED, NUMBER)).order_by("pk")
    for question in wanted.select_related("challenge__edition", "team__edition", "person"):
        words = partial(_answer_words, question)
        kind, about, until = Letter.Kind.QUESTION_ANSWERED, str(question.pk), now + KEEP_TRYING
        if question.team is not None:
            yield from _to_team(question.team, kind, about, until, words)
        elif question.person is not None:
            yield from _to([question.person], kind, about, question.challenge.edition, until, words)


def _authors(challenges: list[Challenge]) -> dict[tuple[int, int], list[Person]]:
    """By edition and partner: everybody who speaks for it there."""
    roles = Role.objects.filter(
        role=Role.Name.PARTNER,
        edition__in={one.edition_id for one in challenges},
        organisation__in={one.partner_id for one in challenges},
    )
    found: dict[tuple[int, int], list[Person]] = defaultdict(list)
    for role in roles.select_related("person").order_by("pk"):
        if role.organisation_id is not None:
            found[role.edition_id, role.organisation_id].append(role.person)
    return found


def _to_team(team: Team, kind: Letter.Kind, about: str, expires_at: datetime, write: Callable[[], Words]) -> Iterator[Draft]:
    members = Membership.objects.filter(team=team).select_related("person").order_by("pk")
    yield from _to([one.person for one in members], kind, about, team.edition, expires_at, write)


def _to(
    people: Iterable[Person], kind: Letter.Kind, about: str, edition: Edition, expires_at: datetime, write: Callable[[], Words]
) -> Iterator[Draft]:
    """One letter to each of them who has an address and whose account is open."""
    for person in people:
        if person.email and person.is_active:
            yield Draft(
                kind=kind,
                about=about,
                address=person.email,
                person=person,
                edition=edition,
                expires_at=expires_at,
                write=write,
            )


def _written(kind: Letter.Kind, about: Any) -> Exists:
    return Exists(Letter.objects.filter(kind=kind, about=about))


def _sign_in_words(code: MailCode) -> Words:
    return Words(
        subject=_("Your sign-in code"),
        lines=[_("Type this code on the page that is waiting for it. It serves once, for %(n)s minutes.") % {"n": MINUTES}],
        code=digits_of(code),
        after=[_("You did not ask for it? Then do nothing: without the page that asked, the code opens nothing.")],
    )


def _invitation_words(invitation: Invitation) -> Words:
    edition, until = invitation.edition, invitation.expires_at
    figures = {"name": invitation.name, "event": edition.name, "role": ROLE[invitation.role]}
    inviter = invitation.invited_by.name if invitation.invited_by else edition.name
    return Words(
        subject=_("Invitation: %(event)s") % figures,
        lines=[
            _("Hello %(name)s,") % figures,
            _("%(inviter)s invites you to %(event)s as %(role)s.") % {**figures, "inviter": inviter},
            _when_and_where(edition),
        ],
        link=(_("Look at the invitation"), link_path(invitation)),
        after=[
            _("The link serves once, until %(day)s. Nothing happens before you accept on that page.") % {"day": day(until)},
            _("You do not know what this is about? Then do nothing."),
        ],
    )


def _when_and_where(edition: Edition) -> str:
    days = f"{day(edition.starts_on)} – {day(edition.ends_on)}"
    return f"{days}, {edition.place}" if edition.place else days


def _receipt_words(team: Team, receipt: Receipt) -> Words:
    figures = {
        "team": team.name,
        "reference": receipt.reference,
        "number": receipt.number,
        "day": day(receipt.received_at),
        "time": clock_time(receipt.received_at),
        "title": receipt.title or "–",
    }
    if receipt.state == Receipt.State.CAPTURED:
        said = _("The draft of %(team)s was taken as it stood when the time was over: version %(number)s.") % figures
    elif receipt.state == Receipt.State.LATE:
        said = _("Version %(number)s of %(team)s was received after the time was over. The organisers decide whether it counts.")
        said %= figures
    else:
        said = _("Version %(number)s of %(team)s was received in time.") % figures
    return Words(
        subject=_("Receipt %(reference)s: %(team)s") % figures,
        lines=[
            said,
            _("Title: %(title)s") % figures,
            _("Received on %(day)s at %(time)s.") % figures,
            _("Receipt: %(reference)s") % figures,
        ],
        link=(_("Open the receipt"), reverse("teams:receipt", args=[team.edition.slug, receipt.reference])),
        after=[_("Fingerprint of what was received: %(print)s") % {"print": receipt.fingerprint}],
    )


def _extension_words(team: Team, until: datetime) -> Words:
    figures = {"team": team.name, "day": day(until), "time": clock_time(until)}
    return Words(
        subject=_("More time for %(team)s") % figures,
        lines=[_("%(team)s may hand in until %(time)s, on %(day)s. This holds for your team alone.") % figures],
        link=(_("Go to the team"), reverse("teams:mine", args=[team.edition.slug])),
    )


def _decision_words(challenge: Challenge, step: Step) -> Words:
    edition = challenge.edition
    figures = {
        "title": local(challenge.title, get_language() or "fr"),
        "event": edition.name,
        "day": day(step.at),
        "time": clock_time(step.at),
        "remark": step.words,
    }
    if step.kind == Step.Kind.SENT_BACK:
        return Words(
            subject=_("Please go over your challenge again: %(title)s") % figures,
            lines=[
                _("The organisers of %(event)s have sent your challenge “%(title)s” back to you.") % figures,
                _("Their remark: %(remark)s") % figures,
                _("Change the text, then submit it again."),
            ],
            link=(_("Change the challenge"), reverse("challenges:edit", args=[edition.slug, challenge.slug])),
        )
    return Words(
        subject=_("Your challenge is published: %(title)s") % figures,
        lines=[
            _("The organisers of %(event)s have published your challenge “%(title)s”.") % figures,
            _("Teams read it from %(time)s on %(day)s.")
            % {**figures, "day": day(edition.opens_at), "time": clock_time(edition.opens_at)}
            if step.at < edition.opens_at
            else _("Teams can read it now."),
        ],
        link=(_("Open the challenge"), reverse("challenges:challenge", args=[edition.slug, challenge.slug])),
    )


def _answer_words(question: Question) -> Words:
    challenge = question.challenge
    figures = {"title": local(challenge.title, get_language() or "fr"), "question": question.text}
    path = reverse("challenges:challenge", args=[challenge.edition.slug, challenge.slug])
    return Words(
        subject=_("Your question about “%(title)s” is answered") % figures,
        # The answer itself stays on the page: there it can be corrected, and hidden.
        lines=[
            _("You asked: %(question)s") % figures,
            _("Everybody reads the answer on the page of the challenge.")
            if question.to_all
            else _("Your team and the organisers read the answer on the page of the challenge."),
        ],
        link=(_("Read the answer"), f"{path}#questions"),
    )


def _reminder_words(team: Team, kind: Letter.Kind, closes_at: datetime) -> Words:
    left = {
        Letter.Kind.REMINDER_DAY: _("one day at most"),
        Letter.Kind.REMINDER_HOUR: _("one hour at most"),
        Letter.Kind.REMINDER_MINUTES: ngettext("%(n)s minute at most", "%(n)s minutes at most", 10) % {"n": 10},
    }[kind]
    figures = {"team": team.name, "left": left, "day": day(closes_at), "time": clock_time(closes_at)}
    challenge = team.challenge
    about = [_("Challenge: %(title)s") % {"title": local(challenge.title, get_language() or "fr")}] if challenge else []
    return Words(
        subject=_("%(team)s: %(left)s to hand in") % figures,
        lines=[
            _("%(team)s has not handed in yet. The time is over at %(time)s, on %(day)s.") % figures,
            *about,
            _missing(team),
            _("Hand in what you have: until then each newer version replaces it."),
        ],
        link=(_("Hand in"), reverse("teams:mine", args=[team.edition.slug])),
    )


def _missing(team: Team) -> str:
    names = {"title": _("the title"), "text": _("the text")}
    submission = team.submission
    missing = [name for field, name in names.items() if not getattr(submission, f"draft_{field}")]
    if not missing:
        return _("The draft is complete; it only has to be handed in.")
    return _("Missing in the draft: %(fields)s.") % {"fields": ", ".join(missing)}
