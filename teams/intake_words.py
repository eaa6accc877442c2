"""What the findings of an import mean, in words, for the person who made the list."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from teams.intake_reading import Finding, Level

LEVELS: dict[Level, Promise] = {
    Level.NEW: _("new"),
    Level.CHANGED: _("changed"),
    Level.KEPT: _("kept"),
    Level.CORRECTED: _("corrected"),
    Level.MERGED: _("merged"),
    Level.IGNORED: _("ignored"),
    Level.WARNING: _("to check"),
    Level.QUESTION: _("to decide"),
    Level.BLOCKING: _("blocking"),
}

SENTENCES: dict[str, Promise] = {
    "apart_ambiguous": _("Several people are called “%(text)s” (lines %(rows)s): kept apart from all of them."),
    "apart_unknown": _("Nobody in the list is called “%(text)s”: nothing noted."),
    "blank_line": _("Empty line."),
    "cell_too_long": _("The cell holds more than %(limit)s KB."),
    "cell_error": _("The cell shows the error %(text)s. Correct the spreadsheet."),
    "challenge_corrected": _("“%(text)s” read as “%(name)s”."),
    "challenge_numbered": _("“%(text)s” read as the challenge at that place: “%(name)s”."),
    "challenge_unknown": _("No challenge of this edition is called “%(text)s”. Correct the cell, or empty it."),
    "choices_changed": _("Choices of %(name)s: “%(after)s” instead of “%(before)s”."),
    "choice_repeated": _("“%(name)s” was already chosen: the repetition does not count."),
    "column_missing": _("This column is missing. Add it to the header."),
    "column_not_stored": _("This column is not stored (%(cells)s filled cells, %(formulas)s of them like formulas)."),
    "column_twice": _("Two columns mean the same thing. Keep one of them."),
    "column_unknown": _("This column is not known and was not read."),
    "consent_changed": _("Parental consent of %(name)s is brought up to date."),
    "consent_missing": _("A minor without parental consent so far. Kept; ask for it."),
    "consent_no": _("A minor whose parents have refused. Kept; decide before the event."),
    "email_malformed": _("“%(text)s” is not an e-mail address. Correct it."),
    "email_missing": _("The e-mail address is missing. Add it, or delete the line."),
    "email_not_taken": _("%(name)s is known without an e-mail address: %(text)s is not added from a list."),
    "email_shared": _("One address for different people (%(names)s, lines %(rows)s). Give each their own."),
    "email_taken": _("%(text)s belongs to an account that no list of this network brought. Ask the person to register."),
    "encoding_unknown": _("The text of the file cannot be read. Export it again as CSV, UTF-8."),
    "file_empty": _("The file is empty."),
    "file_is_workbook": _("This workbook cannot be read. Save it as .xlsx, or the sheet as CSV, and import that file."),
    "file_too_large": _("The file is larger than %(limit)s MB. Split it."),
    "formula_without_value": _("A formula on this line shows no value yet. Open the workbook, save it, and import it again."),
    "formulas_as_shown": _("%(cells)s cells hold formulas: what they show is read, nothing is computed."),
    "formula_as_text": _("“%(text)s” looks like a formula: kept as text, never computed."),
    "formula_ignored": _("“%(text)s” looks like a formula: left out."),
    "friends_ambiguous": _("Several people are called “%(text)s” (lines %(rows)s): no wish noted."),
    "friends_unknown": _("Nobody in the list is called “%(text)s”: no wish noted."),
    "header_not_found": _("No header in the first %(rows)s lines. The columns need their names."),
    "homonym": _("Another %(name)s is on line %(rows)s: two people, both kept."),
    "identity_missing": _("Neither an e-mail address nor a number. Add one of them, or delete the line."),
    "less_to_do": _("%(lines)s remarks of the preview no longer hold."),
    "letters_lost": _("“%(text)s” has lost letters. Kept as it is; correct the name on the page of people."),
    "level_changed": _("Level of %(name)s: “%(after)s” instead of “%(before)s”."),
    "level_missing": _("No level of study."),
    "minor_changed": _("Whether %(name)s is a minor is brought up to date."),
    "name_changed": _("“%(before)s” becomes “%(after)s”."),
    "name_missing": _("The name is missing. Add it, or delete the line."),
    "name_tidied": _("“%(text)s” written “%(name)s”."),
    "name_undivided": _("In “%(text)s” nothing tells the family name. Write it in capitals, or in a column of its own."),
    "name_unreadable": _("“%(text)s” is not a name. Correct it."),
    "nobody_listed": _("There is nobody in this list."),
    "number_missing": _("The number is missing. Add it, or delete the line."),
    "number_shared": _("One number for different people (%(names)s, lines %(rows)s). Give each their own."),
    "number_taken": _("Number %(text)s is %(name)s in this event, and %(other)s here. Give another number, or correct the name."),
    "number_unreadable": _("“%(text)s” is not a number of a list. Correct it."),
    "person_new": _("%(name)s, %(school)s: will be added."),
    "person_same": _("%(name)s, %(school)s: known, nothing changes."),
    "quotes_unbalanced": _("A quotation mark is opened and never closed. Correct the cell or export the file again."),
    "repeated": _("%(name)s is on line %(into)s already: counted once."),
    "resubmission_undated": _("Several different answers (lines %(rows)s) and no certain date. Keep one of them."),
    "resubmitted": _("An earlier answer of %(name)s: line %(into)s, sent %(stamp)s, counts."),
    "school_alike": _("Looks like another school: %(text)s. Say which one it is."),
    "school_changed": _("School of %(name)s: “%(after)s” instead of “%(before)s”."),
    "school_corrected": _("“%(text)s” read as “%(name)s”."),
    "school_missing": _("The school is missing. Add it, or delete the line."),
    "school_name_taken": _("The name “%(text)s” is taken. Give the new school another one."),
    "school_new": _("Not known yet: %(text)s. Create it, or say which school it is."),
    "school_unknown": _("No school is called “%(text)s”. Correct the cell, or add this spelling to the school."),
    "schools_too_many": _("More than %(limit)s unknown schools. Is this the column of schools?"),
    "sheet_unknown": _("There is no sheet “%(text)s” that can be seen in this workbook."),
    "skills_changed": _("Skills of %(name)s: “%(after)s” instead of “%(before)s”."),
    "text_too_long": _("The text is longer than %(limit)s characters. Shorten it."),
    "title_line": _("A title above the header."),
    "too_many_cells": _("There are more cells than the %(columns)s columns of the header. Quote texts with separators."),
    "too_many_lines": _("The file has more than %(limit)s lines. Split it."),
    "total_line": _("A total, not a person: “%(text)s”."),
    "wish_about_self": _("A wish about oneself: “%(text)s”."),
    "wishes_changed": _("The wishes of %(name)s are brought up to date."),
    "workbook_too_large": _("Unpacked, this workbook is larger than %(limit)s MB. Keep only the sheet with the list."),
    "yes_no_unreadable": _("“%(text)s” is neither yes nor no. Correct the cell."),
}


def words_for(finding: Finding) -> str:
    """What was found and what is done about it, in the active language."""
    # Figures come from the file: only the sentence is a format, never they.
    return str(SENTENCES[finding.code]) % finding.figures


def sentence_for(finding: Finding) -> str:
    """One finding as a line of a report, in the active language."""
    words = words_for(finding)
    place = _now("Line %(row)s") % {"row": finding.row} if finding.row else _now("File")
    # Translators: a colon with the spaces that the language puts around it.
    colon = _now(": ")
    said = f"{finding.column}{colon}{words}" if finding.column else words
    return f"{place}, {LEVELS[finding.level]}{colon}{said}"
