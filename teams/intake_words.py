"""What the findings of an import mean, in words, for the person who made the list."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from teams.intake_reading import Finding, Level

LEVELS: dict[Level, Promise] = {
    Level.KEPT: _("kept"),
    Level.CORRECTED: _("corrected"),
    Level.MERGED: _("merged"),
    Level.IGNORED: _("ignored"),
    Level.WARNING: _("to check"),
    Level.BLOCKING: _("blocking"),
}

SENTENCES: dict[str, Promise] = {
    "apart_ambiguous": _("Several people are called “%(text)s” (lines %(rows)s): kept apart from all of them."),
    "apart_unknown": _("Nobody in the list is called “%(text)s”: nothing noted."),
    "blank_line": _("Empty line."),
    "cell_too_long": _("The cell holds more than %(limit)s KB."),
    "challenge_corrected": _("“%(text)s” read as “%(name)s”."),
    "challenge_unknown": _("No challenge of this edition is called “%(text)s”. Correct the cell, or empty it."),
    "choice_repeated": _("“%(name)s” was already chosen: the repetition does not count."),
    "column_missing": _("This column is missing. Add it to the header."),
    "column_not_stored": _("This column is not stored (%(cells)s filled cells, %(formulas)s of them like formulas)."),
    "column_twice": _("Two columns mean the same thing. Keep one of them."),
    "column_unknown": _("This column is not known and was not read."),
    "email_malformed": _("“%(text)s” is not an e-mail address. Correct it."),
    "email_missing": _("The e-mail address is missing. Add it, or delete the line."),
    "email_shared": _("One address for different people (%(names)s, lines %(rows)s). Give each their own."),
    "email_taken": _("%(text)s belongs to an account that no list of this network brought. Ask the person to register."),
    "encoding_unknown": _("The text of the file cannot be read. Export it again as CSV, UTF-8."),
    "file_empty": _("The file is empty."),
    "file_is_workbook": _("This is a workbook. Save the sheet as CSV and import that file."),
    "file_too_large": _("The file is larger than %(limit)s MB. Split it."),
    "formula_as_text": _("“%(text)s” looks like a formula: kept as text, never computed."),
    "formula_ignored": _("“%(text)s” looks like a formula: left out."),
    "friends_ambiguous": _("Several people are called “%(text)s” (lines %(rows)s): no wish noted."),
    "friends_unknown": _("Nobody in the list is called “%(text)s”: no wish noted."),
    "header_not_found": _("No header in the first %(rows)s lines. The columns need their names."),
    "homonym": _("Another %(name)s is on line %(rows)s: two people, both kept."),
    "level_missing": _("No level of study."),
    "name_missing": _("The name is missing. Add it, or delete the line."),
    "name_tidied": _("“%(text)s” written “%(name)s”."),
    "name_unreadable": _("“%(text)s” is not a name. Correct it."),
    "nobody_listed": _("There is nobody in this list."),
    "person_kept": _("%(name)s, %(school)s."),
    "quotes_unbalanced": _("A quotation mark is opened and never closed. Correct the cell or export the file again."),
    "resubmission_undated": _("Several different answers (lines %(rows)s) and no certain date. Keep one of them."),
    "resubmitted": _("An earlier answer of %(name)s: line %(into)s, sent %(stamp)s, counts."),
    "school_corrected": _("“%(text)s” read as “%(name)s”."),
    "school_missing": _("The school is missing. Add it, or delete the line."),
    "school_unknown": _("No school is called “%(text)s”. Correct the cell, or add this spelling to the school."),
    "text_too_long": _("The text is longer than %(limit)s characters. Shorten it."),
    "title_line": _("A title above the header."),
    "too_many_cells": _("There are more cells than the %(columns)s columns of the header. Quote texts with separators."),
    "too_many_lines": _("The file has more than %(limit)s lines. Split it."),
    "total_line": _("A total, not a person: “%(text)s”."),
    "wish_about_self": _("A wish about oneself: “%(text)s”."),
}


def sentence_for(finding: Finding) -> str:
    """One finding as a line of a report, in the active language."""
    # Figures come from the file: only the sentence is a format, never they.
    words = str(SENTENCES[finding.code]) % finding.figures
    place = _now("Line %(row)s") % {"row": finding.row} if finding.row else _now("File")
    # Translators: a colon with the spaces that the language puts around it.
    colon = _now(": ")
    said = f"{finding.column}{colon}{words}" if finding.column else words
    return f"{place}, {LEVELS[finding.level]}{colon}{said}"
