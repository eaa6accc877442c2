"""What each refusal code means to people: the status of the answer and one sentence. Figures fill %(name)s."""

from http import HTTPStatus
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from estrade.kernel.refusal import Refused

# Alphabetical. A test compares the codes raised in the rooms with these.
SENTENCES: dict[str, tuple[int, Promise | str]] = {
    "sign_in_first": (403, _("Sign in first: this page belongs to the people of the event.")),
    "too_many_attempts": (429, _("Too many failed sign-ins for this account. Wait an hour, or ask an organiser.")),
    "wrong_phase": (403, _("This is not possible in the present phase of the event.")),
    "wrong_role": (403, _("Your role in this event does not allow this. An organiser can change it.")),
}


def status_and_sentence(refused: Refused) -> tuple[int, str]:
    """The status and the sentence of a refusal, in the reader's language; 409 for a code without a sentence."""
    status, sentence = SENTENCES.get(refused.code, (409, gettext("This cannot be done now.")))
    return status, str(sentence) % refused.figures if refused.figures else str(sentence)


def problem_of(refused: Refused) -> dict[str, Any]:
    """The body of an `application/problem+json` answer: stable code, sentence, and the figures as they are."""
    status, sentence = status_and_sentence(refused)
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": refused.code,
        "detail": sentence,
        **{name: value for name, value in refused.figures.items() if name not in RESERVED},
    }


RESERVED = frozenset({"type", "title", "status", "code", "detail"})
