"""What each refusal code means to people: the status of the answer and one sentence. Figures fill %(name)s."""

from http import HTTPStatus
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from estrade.kernel.refusal import Refused

# Alphabetical. A test compares the codes raised in the rooms with these.
SENTENCES: dict[str, tuple[int, Promise | str]] = {
    "account_is_own": (409, _("You cannot close or reopen your own account. Ask another administrator.")),
    "already_in_team": (409, _("You are already in a team of this event. Leave it before joining another one.")),
    "already_open": (409, _("The event is already open. Its opening can no longer be moved.")),
    "already_seated": (409, _("This person already has a seat in this jury.")),
    "already_signed": (409, _("%(name)s has signed already in the same role. Nothing was changed.")),
    "already_signed_off": (409, _("The results have already been signed off.")),
    "already_voided": (409, _("%(name)s has taken this ballot out of the count already. Nothing was changed.")),
    "amendment_needed": (409, _("Teams read this challenge already: it changes by an amendment, with a reason.")),
    "amount_invalid": (422, _("An amount is a number, zero or more.")),
    "answer_to_all_only": (
        422,
        _("Whoever asked has no team: answer to everybody. An answer to one person alone does not exist."),
    ),
    "approach_answered": (409, _("This was answered otherwise in the meantime. Nothing was changed.")),
    "archive_locked": (
        422,
        _("This archive or document is protected by a password, so nobody here could open it. Nothing was kept."),
    ),
    "archive_nested": (422, _("This archive holds another archive. Put the files into one ZIP.")),
    "archive_paths": (422, _("This archive holds a link, or names that lead out of its folder. Make it again from plain files.")),
    "archive_too_much": (
        422,
        _("An archive holds at most %(files)s files and %(megabytes)s MB unpacked. This one holds more, or says so."),
    ),
    "backup_damaged": (
        422,
        _("%(file)s is not a whole copy of Estrade: it is damaged or was cut short. Take another copy. Nothing was changed."),
    ),
    "backup_inconsistent": (
        422,
        _(
            "This copy does not hold together (%(count)s problems, the first: %(first)s). Take another "
            "copy, or restore it as it is with --allow-problems. Nothing was changed."
        ),
    ),
    "backup_newer": (
        422,
        _("This copy was made by a newer Estrade (%(version)s). Update this one, then restore again. Nothing was changed."),
    ),
    "backup_older": (
        422,
        _(
            "This copy was made by an Estrade (%(version)s) that is too old: %(table)s has no usable "
            "%(field)s. Restore it with that version, then update. Nothing was changed."
        ),
    ),
    "ballot_begun": (
        409,
        _("This juror has begun to score this team, so it stays on the list."),
    ),
    "ballot_minutes_invalid": (422, _("A team takes a juror between 1 and %(most)s minutes.")),
    "ballots_missing": (409, _("Ballots are still missing, so the results cannot be signed off yet.")),
    "base_version_invalid": (422, _("The version this score is based on is not a version.")),
    "board_frozen": (409, _("The leaderboard is already frozen.")),
    "board_not_frozen": (409, _("The leaderboard is not frozen.")),
    "capacity_taken": (409, _("%(teams)s teams work on this challenge already: they stay.")),
    "category_in_use": (409, _("A prize is for this category. Change the prize first.")),
    "chair_decides": (403, _("The president of the jury decides ties in this event.")),
    "challenge_approved": (
        409,
        _("The organisers have published this challenge. Ask them to change it, or to send it back to you."),
    ),
    "challenge_full": (409, _("This challenge takes no more than %(limit)s teams.")),
    "challenge_in_use": (409, _("Teams read this challenge already, so it cannot be sent back. Amend it.")),
    "challenge_incomplete": (422, _("A challenge needs a title and a question before people can read it.")),
    "challenge_moved_on": (
        409,
        _("Somebody changed this challenge in the meantime. Read it again first. Nothing was changed."),
    ),
    "challenge_not_of_sponsor": (
        422,
        _("The partner chooses among the teams on its own challenges, and this challenge is not one of them."),
    ),
    "choice_invalid": (422, _("This is not one of the choices.")),
    "choice_missing": (422, _("Choose what counts, criterion by criterion.")),
    "choice_over": (409, _("The time to choose is over. An organiser can set another one.")),
    "client_id_reused": (422, _("This identifier was already used for something else. Reload the page and try again.")),
    "code_unknown": (404, _("No team has this code. Check it with the team that gave it to you.")),
    "composition_outdated": (
        409,
        _("People, wishes or challenges have changed since these teams were composed. Compose them again before using them."),
    ),
    "composition_unfinished": (409, _("The teams are still being composed. Wait for the end, or stop it.")),
    "conflict_follows_from_data": (409, _("This conflict follows from roles and teams. It ends when they change, not before.")),
    "conflict_of_interest": (409, _("This juror may not score this team: %(reason)s")),
    "correction_decided": (409, _("%(name)s has decided about this correction already. Nothing was changed.")),
    "correction_waits": (409, _("%(name)s has asked for this correction already. It waits for another organiser.")),
    "corrections_need_two": (409, _("The board is frozen: from here on corrections keep needing two organisers.")),
    "count_invalid": (422, _("The number of ballots for a team is a whole number from 1 to %(limit)s.")),
    "criterion_twice": (422, _("Two criteria have the same short name.")),
    "criterion_unnamed": (422, _("A criterion needs a name, in one language at least.")),
    "deadline_in_past": (422, _("This time is already over. Choose one that is still to come.")),
    "deadline_unknown": (404, _("There is no such deadline.")),
    "disk_full": (
        507,
        _("The server's disk is full, so nothing was changed. What you typed stays on your page: send it again in a moment."),
    ),
    "dossier_closed": (403, _("The dossier opens when the results are published, or earlier when an organiser releases it.")),
    "draft_conflict": (409, _("Someone in your team saved the draft in the meantime. Compare both texts and save again.")),
    "edition_file_damaged": (
        422,
        _("This is not a whole edition exported by Estrade (%(where)s). Export it again. Nothing was changed."),
    ),
    "edition_file_missing": (410, _("The file that you looked at is no longer here. Choose it again.")),
    "edition_file_newer": (
        422,
        _("This edition was exported by a newer Estrade. Update this one, then import again. Nothing was changed."),
    ),
    "edition_file_too_large": (413, _("This file is larger than %(limit)s MB. Import it with manage.py import_edition.")),
    "email_taken": (409, _("Somebody already uses this e-mail address.")),
    "export_too_often": (429, _("This export was asked for a moment ago. Please wait a minute, then ask again.")),
    "extension_out_of_range": (422, _("An extension lasts from %(lowest)s to %(highest)s minutes.")),
    "fewest_ballots_invalid": (422, _("A team needs between 1 and %(highest)s ballots for a rank.")),
    "field_unknown": (400, _("The field %(field)s is not known here, or was sent twice. Nothing was changed.")),
    "fields_invalid": (422, _("Something in the field %(field)s cannot be accepted. Nothing was changed.")),
    "file_damaged": (422, _("This file is damaged, or is not what its name says. Save it again and send it once more.")),
    "file_empty": (422, _("Choose a file that is not empty.")),
    "file_has_macros": (422, _("This document contains macros. Save it without them.")),
    "file_infected": (422, _("The virus scanner has found something in this file. It was not kept.")),
    "file_kind": (
        422,
        _("This kind of file is not accepted here, or its content is not what its name says. Accepted: %(accepted)s."),
    ),
    "file_lost": (410, _("%(name)s is known, but its content is not on this server.")),
    "file_missing": (404, _("There is no file %(file)s.")),
    "file_too_large": (413, _("This file is larger than %(limit)s MB. Split it.")),
    "file_unreadable": (422, _("%(file)s cannot be read: %(reason)s.")),
    "files_too_many": (409, _("No more than %(limit)s files here. Remove one first.")),
    "final_begun": (
        409,
        _("%(team)s is on stage or has been scored in the final, and stays in it. Let the others in, or change nothing."),
    ),
    "final_count_invalid": (422, _("From one to %(most)s teams can go on.")),
    "final_opened": (409, _("The final is open already.")),
    "final_to_come": (409, _("A final decides: its order is the one that is revealed.")),
    "folder_full": (
        507,
        _("There is no room left in %(folder)s. Make room or choose another folder; no half copy was left there."),
    ),
    "folder_read_only": (422, _("Nothing can be written into %(folder)s. Choose another folder, or let Estrade write there.")),
    "form_field_invalid": (422, _("Field %(number)s cannot be used like this: it needs a name and a limit within its range.")),
    "form_too_long": (422, _("A form has at most %(limit)s further fields.")),
    "hand_over_first": (409, _("You are the spokesperson. Hand this over to somebody else first, or leave the team.")),
    "help_claimed": (409, _("%(by)s is already on the way.")),
    "help_ended": (409, _("This call is already over.")),
    "instance_not_empty": (
        409,
        _(
            "This installation is not empty: %(people)s people, %(editions)s editions. Restore into a new "
            "one (another ESTRADE_DATA or database). Nothing was changed."
        ),
    ),
    "invitation_accepted": (409, _("This invitation was accepted already. Roles are taken away on the page of people.")),
    "invitation_of_account": (403, _("There is an account with the invited address. Sign in to it, then accept.")),
    "invitation_over": (
        404,
        _("This invitation is over: it was accepted, sent again, taken back, or is too old. Ask an organiser for another."),
    ),
    "invitation_role": (422, _("Nobody is invited to this role by mail.")),
    "juror_twice": (409, _("%(name)s is already in this jury. If it is somebody else, add an initial to the name.")),
    "kind_without_jurors": (
        409,
        _("Every juror of one kind has a conflict with %(team)s. Plan without mixing, or add a juror."),
    ),
    "last_organiser": (409, _("An event keeps at least one organiser.")),
    "level_invalid": (
        422,
        _("Each level is one value of the scale, and no value is described twice. At most 25 levels have words."),
    ),
    "link_invalid": (422, _("A link starts with https:// or http:// and names a site.")),
    "list_gone": (404, _("This list is no longer here: it is kept for an hour. Choose the file again.")),
    "list_too_long": (422, _("At most %(most)s lines at once. Invite in several parts.")),
    "mail_code_wrong": (422, _("This code does not open anything. Look at the newest mail, or ask for another code.")),
    "mail_not_set_up": (409, _("This site sends no mail. Use the personal codes on paper.")),
    "malformed_json": (400, _("What was sent is not JSON that can be read here. Nothing was changed.")),
    "media_type_not_offered": (406, _("This address answers in JSON only.")),
    "media_type_unsupported": (415, _("This address reads application/json only.")),
    "merge_both_have_accounts": (409, _("Both have signed in already: two people, or two accounts in use. Nothing was changed.")),
    "merge_both_have_teams": (409, _("Both are in a team. Take one of them out of the team first. Nothing was changed.")),
    "merge_has_other_roles": (409, _("%(name)s is more than a participant here. Nothing was changed.")),
    "merge_other_is_used": (409, _("%(name)s has signed in already: keep this one, and merge the other into it.")),
    "merge_with_oneself": (422, _("Choose another person to merge with.")),
    "name_is_owned": (409, _("This name belongs to an account in use, or is known to other events. Its owner can change it.")),
    "name_missing": (422, _("A name is needed.")),
    "name_taken": (409, _("This name is already taken.")),
    "no_ballots": (409, _("No ballot is complete yet, so there is nothing to sign off.")),
    "no_challenges": (409, _("No challenge is published yet. Publish the challenges before composing the teams.")),
    "no_jurors": (422, _("Choose at least one juror. Nothing was changed.")),
    "no_room": (507, _("The disk is full, so nothing was restored. Make room, then try again.")),
    "no_rooms": (422, _("There is one room for all. Make the rooms first.")),
    "no_walking": (409, _("In this round the organisers decide who scores whom.")),
    "nobody_advances": (409, _("No team has a place yet, so nobody goes on.")),
    "nobody_to_place": (409, _("No participant is registered yet. Import or invite the people before composing the teams.")),
    "not_a_juror": (422, _("This person is not a juror of the event.")),
    "not_a_member": (422, _("This person is not in the team.")),
    "not_a_participant": (422, _("This person does not take part in the event.")),
    "not_captured": (409, _("Only the draft that was taken at the deadline, and counts, can be confirmed.")),
    "not_eligible": (409, _("Team %(team)s cannot win this prize.")),
    "not_empty_here": (
        409,
        _("There are events here already. An edition is imported into an installation without any. Nothing was changed."),
    ),
    "not_found": (404, _("There is nothing at this address.")),
    "not_late": (409, _("This delivery was not late.")),
    "not_migrated": (
        409,
        _("The tables are not up to date. Type: python manage.py migrate, then restore again. Nothing was changed."),
    ),
    "not_published": (409, _("This challenge is not published yet.")),
    "not_signed_off": (409, _("The results have to be signed off first.")),
    "not_submitted": (409, _("This challenge is a draft with its partner already.")),
    "not_tied": (409, _("These are no longer the teams that share a rank. Look at the ranking before you decide.")),
    "nothing_handed_in": (409, _("Nothing is handed in, so there is nothing to take back.")),
    "nothing_late": (409, _("There is nothing to decide any more: look at the list again.")),
    "nothing_missing": (409, _("This juror has completed every ballot.")),
    "nothing_to_take_back": (409, _("There is nothing to take back any more: two minutes are over, or times have moved since.")),
    "number_unreadable": (422, _("%(label)s: write a number, for instance 2.5.")),
    "one_organiser": (409, _("There is no second organiser who could confirm. Add one first.")),
    "paper_done": (409, _("This sheet counts already. An organiser can correct a score, with a reason.")),
    "paper_moved_on": (409, _("The juror’s score changed in the meantime. Look at it again.")),
    "paper_read_twice": (409, _("Two people have read this sheet already. An organiser settles what differs.")),
    "password_needs_mail": (403, _("Sign in with a code by mail first: only who reads the account’s mail chooses its password.")),
    "password_refused": (422, _("This password cannot be used. %(reasons)s")),
    "personal_code_unknown": (
        404,
        _("This code is not known, or no longer valid. Check it letter by letter, or ask an organiser for a new one."),
    ),
    "picture_too_large": (
        422,
        _("A picture has at most %(megapixels)s million pixels and %(side)s on its longer side. Make it smaller first."),
    ),
    "places_not_distinct": (422, _("Give each of these teams a place of its own.")),
    "plan_outdated": (409, _("Something has changed since you looked at this plan. Look at it again before using it.")),
    "prizes_settled": (409, _("The reveal has begun: nothing about a prize changes any more.")),
    "programme_does_not_fit": (
        409,
        _("“%(step)s” keeps its time, %(time)s, and there is no room before it: %(minutes)s min too much. Nothing was moved."),
    ),
    "query_invalid": (400, _("The value of %(field)s in the address cannot be read.")),
    "question_answered": (409, _("This question has an answer already.")),
    "question_is_hidden": (409, _("An organiser has hidden this question.")),
    "question_unanswered": (409, _("This question has no answer yet.")),
    "quota_exceeded": (413, _("Your team has %(left)s MB left of its %(limit)s MB. Remove a file, or send a smaller one.")),
    "rank_invalid": (422, _("A place is a whole number, one or more.")),
    "reason_required": (422, _("Please give a reason: it will be kept.")),
    "rehearsal_length": (422, _("A rehearsal takes between %(lowest)s and %(highest)s minutes.")),
    "rehearsal_missing": (409, _("No rehearsal is going on. Start one from the page “Rehearsal”.")),
    "rehearsal_only": (409, _("This is a rehearsal. Go to the event itself for this: what is done here will be wiped.")),
    "rehearsal_running": (409, _("A rehearsal of this event is already going on. Stop and wipe it before starting another.")),
    "rehearsal_without_organiser": (409, _("This event has no organiser who could rehearse it. Give somebody that role first.")),
    "remark_conflict": (409, _("Another device has written something else. Both texts are shown: choose one.")),
    "results_shown": (409, _("The results are being revealed already.")),
    "reveal_begun": (409, _("The reveal has begun. Take its steps back first, or publish the results.")),
    "reveal_finished": (409, _("Every place has been revealed.")),
    "reveal_moved_on": (409, _("The reveal has moved on in the meantime. Look at the screen before the next step.")),
    "reveal_not_begun": (409, _("Nothing has been revealed yet.")),
    "reveal_unfinished": (409, _("Reveal every place before publishing the results.")),
    "rooms_invalid": (422, _("From two to %(most)s rooms can be made.")),
    "round_closed": (409, _("Scoring is closed: the results have been signed off.")),
    "round_open": (409, _("A round is already open. Sign it off before opening the next one.")),
    "rubric_changed": (
        409,
        _("Somebody else has made version %(version)s of this rubric meanwhile. Look at it, then change it."),
    ),
    "rubric_empty": (422, _("A rubric needs at least one criterion.")),
    "rubric_in_use": (409, _("This round has scores already. Change its rubric instead: a new version keeps them.")),
    "rubric_sealed": (409, _("The first score has sealed this rubric. Make a new version of it.")),
    "rubric_too_long": (422, _("A rubric has at most %(limit)s criteria: a juror has to read them all for every team.")),
    "rubric_without_required": (
        422,
        _("At least one criterion with a weight has to be required: otherwise an empty sheet would count."),
    ),
    "rubric_without_weight": (422, _("At least one criterion needs a weight above zero.")),
    "scale_invalid": (422, _("A scale needs a lowest value below its highest one, and a step above zero.")),
    "scale_step_invalid": (422, _("Steps of %(step)s do not lead from %(lowest)s to %(highest)s.")),
    "scale_too_fine": (422, _("This scale has more than %(limit)s values. Make its step larger.")),
    "scanner_silent": (
        409,
        _("The virus scanner does not answer, so no file can be taken just now. Try again in a few minutes."),
    ),
    "school_full": (
        409,
        _("This team has %(limit)s people from %(school)s already: the event allows no more, so that schools mix."),
    ),
    "school_unknown": (422, _("There is no such school.")),
    "score_conflict": (409, _("This score was changed elsewhere in the meantime. Choose which value counts.")),
    "score_not_a_number": (422, _("A score is a plain number, for instance 4 or 3.5.")),
    "score_off_scale": (422, _("A score here lies between %(lowest)s and %(highest)s.")),
    "score_off_step": (422, _("A score here goes up in steps of %(step)s.")),
    "second_factor_there": (409, _("The second factor is set up already. Sign in with it.")),
    "second_factor_wrong": (422, _("This code is not right, or was used already. Wait for the next one.")),
    "second_organiser_needed": (409, _("Somebody else has to confirm this: you asked for it.")),
    "share_invalid": (422, _("A share is a whole number of percent from 1 to 100, or nothing.")),
    "sheet_empty": (422, _("Type in what stands on the paper: nothing is filled in.")),
    "sign_in_first": (403, _("Sign in first: this page belongs to the people of the event.")),
    "situation_changed": (409, _("Teams or presences have changed since this was computed. Look at the new proposal.")),
    "size_order": (422, _("The smallest size of a team cannot be above the largest.")),
    "split_needs_both": (422, _("Choose who goes on in the new team: at least one person goes, and at least one stays.")),
    "sponsor_missing": (422, _("Say which partner gives this prize: it is the one that chooses.")),
    "step_fixed": (409, _("“%(step)s” keeps its time, %(time)s. An organiser can change that.")),
    "step_moved_on": (409, _("The programme has moved on in the meantime. Look at it again.")),
    "stood_down": (409, _("This juror has stood down. Undo that first.")),
    "submission_incomplete": (
        422,
        _("Something required is still missing: a title, a text, or what stands in the list beside the form."),
    ),
    "submissions_closed": (403, _("The time for handing in is over. Nothing was changed.")),
    "team_full": (409, _("This team is complete: %(limit)s people at most.")),
    "team_withdrawn": (409, _("This team has withdrawn.")),
    "team_without_jurors": (
        409,
        _("%(team)s would need %(wanted)s jurors, and only %(allowed)s may score it. Lower the number, or add a juror."),
    ),
    "teams_exist": (409, _("Teams exist already, so none can be composed: %(count)s. Change them one by one.")),
    "teams_not_linked": (
        409,
        _("The teams fall into %(groups)s groups without a juror in common, so their points do not compare. Say why you sign."),
    ),
    "text_missing": (422, _("Please write something first.")),
    "times_out_of_order": (422, _("The times would be out of order: opening, deadline, judging, freeze.")),
    "too_few_ballots": (409, _("%(wanted)s ballots are wanted, and the jurors can give %(possible)s.")),
    "too_few_challenges": (
        422,
        _("Teams on one challenge stay together, and there are only %(challenges)s groups. Make fewer rooms."),
    ),
    "too_few_jurors": (409, _("%(wanted)s ballots a team are wanted, and there are %(jurors)s jurors.")),
    "too_long": (422, _("This text is too long: %(limit)s characters at most.")),
    "too_many_attempts": (429, _("Too many attempts. Please wait %(minutes)s minutes, or ask an organiser.")),
    "too_many_links": (422, _("At most %(limit)s links fit here.")),
    "too_many_questions": (
        429,
        _("Too many questions came from your team here: %(limit)s at most. Wait for the answers, or ask on site."),
    ),
    "too_many_requests": (429, _("Too many requests. Please wait a moment.")),
    "too_many_skills": (422, _("Name %(limit)s skills at most.")),
    "upload_gone": (410, _("This upload is no longer here. Choose the file again.")),
    "upload_offset": (409, _("Another part of this file has arrived: %(received)s bytes are there.")),
    "upload_unfinished": (409, _("The file has not arrived whole yet: %(received)s of %(size)s bytes.")),
    "vote_for_own_team": (409, _("Nobody votes for the own team. Choose another one.")),
    "vote_not_open": (409, _("The vote is not open yet. The organisers open it.")),
    "vote_over": (409, _("The vote is closed.")),
    "voted_already": (409, _("You have voted already: a vote is given once and stays.")),
    "votes_given": (409, _("People have voted about this prize, so who decides and among whom stays as it is.")),
    "weight_invalid": (422, _("A weight is a number from 0 to 9999, with two decimals at most.")),
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
