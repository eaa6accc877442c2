"""The language switch."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from estrade.web.addresses import local_path


@require_safe
def language(request: HttpRequest, code: str) -> HttpResponse:
    """Remember the language in a cookie and go back to the page it was asked from."""
    if code not in dict(settings.LANGUAGES):
        raise Http404
    response = HttpResponseRedirect(local_path(request.GET.get("next", ""), otherwise="/"))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 24 * 3600, samesite="Lax", secure=settings.HTTPS, httponly=True
    )
    return response
