"""Forms that can show a rule's refusal next to the field it is about."""

from django import forms

from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence


class RuleForm(forms.Form):
    """Checks only what can be read from the field itself; a verb decides, and `refuse` shows why it said no."""

    def refuse(self, refusal: Refused) -> None:
        """Put the refusal's sentence at the field it names, else above the form."""
        field = refusal.figures.get("field")
        self.add_error(field if field in self.fields else None, status_and_sentence(refusal)[1])
