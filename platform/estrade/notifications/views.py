"""The mailbox: every letter that would have left. Installed where no mail leaves and everybody may read everything."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from estrade.kernel.network import is_loopback
from estrade.notifications.reads import one_letter, page_of_letters
from estrade.web.request import PageRequest


@never_cache
@require_safe
def mailbox(request: PageRequest) -> HttpResponse:
    """All letters, newest first."""
    _require_reader(request)
    return render(request, "notifications/mailbox.html", {"page": page_of_letters(request.GET.get("page", ""))})


@never_cache
@require_safe
def letter(request: PageRequest, letter_id: int) -> HttpResponse:
    """One letter, as text and as it looks in HTML. The frame runs nothing and opens its links beside it."""
    _require_reader(request)
    return render(request, "notifications/one_letter.html", {"letter": one_letter(letter_id)})


def _require_reader(request: PageRequest) -> None:
    # A developer's own machine alone: the letters hold codes that open accounts.
    if not settings.DEMO and not is_loopback(request.META.get("REMOTE_ADDR", "")):
        raise Http404
