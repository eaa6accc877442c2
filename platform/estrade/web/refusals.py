"""What each refusal code means to people: the status of the answer and one sentence. Figures fill %(name)s."""

from http import HTTPStatus
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from estrade.kernel.refusal import Refused

# Alphabetical. A test compares the codes raised in the rooms with these.
SENTENCES: dict[str, tuple[int, Promise | str]] = {
    "already_in_team": (409, _("You are already in a team of this event. Leave it before joining another one.")),
    "already_signed_off": (409, _("The results have already been signed off.")),
    "ballots_missing": (409, _("Ballots are still missing, so the results cannot be signed off yet.")),
    "base_version_invalid": (422, _("The version this score is based on is not a version.")),
    "board_frozen": (409, _("The leaderboard is already frozen.")),
    "board_not_frozen": (409, _("The leaderboard is not frozen.")),
    "challenge_full": (409, _("This challenge takes no more than %(limit)s teams.")),
    "challenge_incomplete": (422, _("A challenge needs a title and a question before people can read it.")),
    "client_id_reused": (422, _("This identifier was already used for something else. Reload the page and try again.")),
    "choice_invalid": (422, _("This is not one of the choices.")),
    "code_unknown": (404, _("No team has this code. Check it with the team that gave it to you.")),
    "composition_outdated": (
        409,
        _("People, wishes or challenges have changed since these teams were composed. Compose them again before using them."),
    ),
    "composition_unfinished": (409, _("The teams are still being composed. Wait for the end, or stop it.")),
    "criterion_twice": (422, _("Two criteria have the same short name.")),
    "deadline_in_past": (422, _("This time is already over. Choose one that is still to come.")),
    "deadline_unknown": (404, _("There is no such deadline.")),
    "draft_conflict": (409, _("Someone in your team saved the draft in the meantime. Compare both texts and save again.")),
    "email_taken": (409, _("Somebody already uses this e-mail address.")),
    "extension_out_of_range": (422, _("An extension lasts from %(lowest)s to %(highest)s minutes.")),
    "field_unknown": (400, _("The field %(field)s is not known here, or was sent twice. Nothing was changed.")),
    "fields_invalid": (422, _("Something in the field %(field)s cannot be accepted. Nothing was changed.")),
    "last_organiser": (409, _("An event keeps at least one organiser.")),
    "link_invalid": (422, _("A link starts with https:// or http:// and names a site.")),
    "malformed_json": (400, _("What was sent is not JSON that can be read here. Nothing was changed.")),
    "media_type_not_offered": (406, _("This address answers in JSON only.")),
    "media_type_unsupported": (415, _("This address reads application/json only.")),
    "name_missing": (422, _("A name is needed.")),
    "name_taken": (409, _("This name is already taken.")),
    "no_ballots": (409, _("No ballot is complete yet, so there is nothing to sign off.")),
    "no_challenges": (409, _("No challenge is published yet. Publish the challenges before composing the teams.")),
    "nobody_to_place": (409, _("No participant is registered yet. Import or invite the people before composing the teams.")),
    "not_a_juror": (422, _("This person is not a juror of the event.")),
    "not_a_member": (422, _("This person is not in the team.")),
    "not_a_participant": (422, _("This person does not take part in the event.")),
    "not_found": (404, _("There is nothing at this address.")),
    "not_late": (409, _("This delivery was not late.")),
    "not_signed_off": (409, _("The results have to be signed off first.")),
    "query_invalid": (400, _("The value of %(field)s in the address cannot be read.")),
    "reason_required": (422, _("Please give a reason: it will be kept.")),
    "reveal_finished": (409, _("Every place has been revealed.")),
    "reveal_moved_on": (409, _("The reveal has moved on in the meantime. Look at the screen before the next step.")),
    "reveal_not_begun": (409, _("Nothing has been revealed yet.")),
    "reveal_unfinished": (409, _("Reveal every place before publishing the results.")),
    "round_closed": (409, _("Scoring is closed: the results have been signed off.")),
    "round_open": (409, _("A round is already open. Sign it off before opening the next one.")),
    "rubric_sealed": (409, _("The first score has sealed this rubric. Make a new version of it.")),
    "rubric_without_weight": (422, _("At least one criterion needs a weight above zero.")),
    "scale_invalid": (422, _("A scale needs a lowest value below its highest one, and a step above zero.")),
    "score_conflict": (409, _("This score was changed elsewhere in the meantime. Choose which value counts.")),
    "score_not_a_number": (422, _("A score is a plain number, for instance 4 or 3.5.")),
    "score_off_scale": (422, _("A score here lies between %(lowest)s and %(highest)s.")),
    "score_off_step": (422, _("A score here goes up in steps of %(step)s.")),
    "sign_in_first": (403, _("Sign in first: this page belongs to the people of the event.")),
    "size_order": (422, _("The smallest size of a team cannot be above the largest.")),
    "submission_incomplete": (422, _("A title and a text are needed before you can hand in.")),
    "submissions_closed": (403, _("The time for handing in is over. Nothing was changed.")),
    "team_withdrawn": (409, _("This team has withdrawn.")),
    "teams_exist": (409, _("Teams exist already, so none can be composed: %(count)s. Change them one by one.")),
    "text_missing": (422, _("Please write something first.")),
    "times_out_of_order": (422, _("The times would be out of order: opening, deadline, judging, freeze.")),
    "too_long": (422, _("This text is too long: %(limit)s characters at most.")),
    "too_many_attempts": (429, _("Too many attempts. Please wait %(minutes)s minutes, or ask an organiser.")),
    "too_many_requests": (429, _("Too many requests. Please wait a moment.")),
    "weight_invalid": (422, _("A weight is zero or more.")),
    "wrong_credentials": (403, _("This name and this password do not belong together.")),
    "wrong_phase": (403, _("This is not possible in the present phase of the event.")),
    "wrong_role": (403, _("Your role in this event does not allow this. An organiser can change it.")),
}


def status_and_sentence(refused: Refused) -> tuple[int, str]:
    """The status and the sentence of a refusal, in the reader's language; 409 for a code without a sentence."""
    status, sentence = SENTENCES.get(refused.code, (409, gettext("This cannot be done now.")))
    try:
        return status, str(sentence) % refused.figures
    except (KeyError, TypeError, ValueError):
        # A figure that is missing must not hide the refusal itself.
        return status, str(sentence)


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
