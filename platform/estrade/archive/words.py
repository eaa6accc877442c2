"""What commands say: they speak English, whatever the site speaks."""

from django.utils import translation

from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence


def in_english(refused: Refused) -> str:
    """The sentence of a refusal, for a terminal."""
    with translation.override("en"):
        return status_and_sentence(refused)[1]
