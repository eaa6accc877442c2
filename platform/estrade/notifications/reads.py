"""Letters as the mailbox shows them."""

from django.core.paginator import Page, Paginator

from estrade.notifications.models import Letter

ON_A_PAGE = 50


def page_of_letters(number: str) -> "Page[Letter]":
    """Newest first; a page that does not exist is the nearest one."""
    return Paginator(Letter.objects.select_related("person", "edition"), ON_A_PAGE).get_page(number)


def one_letter(letter_id: int) -> Letter:
    """One letter. Raises Letter.DoesNotExist."""
    return Letter.objects.select_related("person", "edition").get(pk=letter_id)
