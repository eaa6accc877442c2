"""Pages for what went wrong: what happened, what is kept, what to do, and a way back. Both languages, no dead end."""

import sys
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template import loader
from django.urls import reverse
from django.utils.translation import gettext as _

from estrade.kernel.disk import is_full_disk
from estrade.kernel.refusal import Refused
from estrade.web.refusals import problem_of, status_and_sentence

PROBLEM = "application/problem+json"


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """A verb said no. Who only has to sign in to read a page is led there."""
    if wants_json(request):
        return problem(refusal)
    status, sentence = status_and_sentence(refusal)
    if refusal.code == "sign_in_first" and request.method == "GET":
        return HttpResponseRedirect(f"{reverse('people:sign_in')}?{urlencode({'next': request.get_full_path()})}")
    return _page(request, status, sentence=sentence)


def problem(refusal: Refused, **more: Any) -> HttpResponse:
    """The same refusal for a program, with what it needs besides the figures."""
    body = {**problem_of(refusal), **more}
    return JsonResponse(body, status=body["status"], content_type=PROBLEM)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return _answer(request, 413, "too_large", _("What was sent is larger than allowed. Shorten it and send it again."))
    return _answer(request, 400, "bad_request", _("The request could not be understood. Nothing was changed."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "forbidden", _("This page is not open to you. An organiser can change your role."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = _("There is nothing at this address, or it is not visible to you. Check the address, or sign in.")
    return _answer(request, 404, "not_found", sentence)


def wrong_method(request: HttpRequest, allow: str) -> HttpResponse:
    sentence = _("This address does not accept that kind of request. Go back to the page and use its buttons.")
    response = _answer(request, 405, "method_not_allowed", sentence)
    response["Allow"] = allow
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    sentence = _(
        "The form was too old, or cookies are switched off. Nothing was changed. "
        "Go back, reload the page and send the form again."
    )
    return _answer(request, 403, "csrf_failed", sentence)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page of last resort: no session, no database, no context processor."""
    if is_full_disk(sys.exc_info()[1]):
        return disk_full(request)
    sentence = _("Something failed on our side. What was saved before is kept. Try again in a moment.")
    if wants_json(request):
        return _problem(500, "server_error", sentence)
    return HttpResponse(_render(None, 500, sentence), status=500)


def disk_full(request: HttpRequest) -> HttpResponse:
    """Nothing was written, and nothing more can be until somebody makes room. As bare as the page of last resort."""
    refusal = Refused("disk_full")
    if wants_json(request):
        return problem(refusal)
    status, sentence = status_and_sentence(refusal)
    return HttpResponse(_render(None, status, sentence), status=status)


def unknown_host(request: HttpRequest) -> HttpResponse:
    """Asked under a name that is not this site's."""
    sentence = _("This site does not answer to that name. Use the address that the organisers show.")
    if wants_json(request):
        return _problem(400, "unknown_host", sentence)
    return HttpResponse(_render(None, 400, sentence), status=400)


def wants_json(request: HttpRequest) -> bool:
    """Whether the answer goes to a program: the API, or a request that accepts JSON and no page."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("json" in accept and "text/html" not in accept)


def _answer(request: HttpRequest, status: int, code: str, sentence: str) -> HttpResponse:
    return _problem(status, code, sentence) if wants_json(request) else _page(request, status, sentence=sentence)


def _problem(status: int, code: str, sentence: str) -> HttpResponse:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": sentence}
    return JsonResponse(body, status=status, content_type=PROBLEM)


def _page(request: HttpRequest, status: int, *, sentence: str) -> HttpResponse:
    return HttpResponse(_render(request, status, sentence), status=status)


def _render(request: HttpRequest | None, status: int, sentence: str) -> str:
    context: dict[str, Any] = {"status": status, "heading": _heading(status), "sentence": sentence, "bare": request is None}
    return loader.render_to_string("web/error.html", context, request)


def _heading(status: int) -> str:
    headings = {
        400: _("Request not understood"),
        403: _("Not allowed"),
        404: _("Page not found"),
        405: _("Not possible this way"),
        413: _("Too large"),
        422: _("Not accepted"),
        429: _("Too many attempts"),
        500: _("An error on our side"),
        507: _("The disk is full"),
    }
    return headings.get(status, _("Not possible now"))
