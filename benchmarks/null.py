"""A view that does nothing, for the server to be compared with: sync, like every page, without session or database."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def null(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b'{"status": "accepted"}', content_type="application/json", status=201)


urlpatterns = [path("null/", null)]
