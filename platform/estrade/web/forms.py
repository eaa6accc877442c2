"""Forms that can show a rule's refusal next to the field it is about."""

from django import forms

from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence

# What a form cannot help with: these keep a page and a status of their own.
PAGES_OF_THEIR_OWN = frozenset({"not_found", "sign_in_first", "too_many_attempts", "wrong_phase", "wrong_role"})


class RuleForm(forms.Form):
    """Checks only what can be read from the field itself; a verb decides, and `refuse` shows why it said no."""

    def refuse(self, refusal: Refused) -> None:
        """Put the refusal's sentence at the field it names, else above the form; raise it again when no typing helps."""
        if refusal.code in PAGES_OF_THEIR_OWN:
            raise refusal
        field = refusal.figures.get("field")
        self.add_error(field if field in self.fields else None, status_and_sentence(refusal)[1])
