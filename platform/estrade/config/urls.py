"""Where every address leads. Each room keeps its own list; what concerns an edition lives under /e/<slug>/."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

edition_urls = [
    path("challenges/", include("challenges.urls")),
    path("", include("teams.urls")),
    path("", include("judging.urls")),
    path("", include("judging.public_urls")),
    path("", include("estrade.archive.urls")),
    path("", include("estrade.dossiers.urls")),
    path("", include("estrade.desk.urls")),
    path("rehearsal/", include("estrade.rehearsal.urls")),
]

urlpatterns = [
    path("api/", include("estrade.desk.api_urls")),
    path("", include("estrade.desk.front_urls")),
    path("", include("estrade.archive.arrival_urls")),
    path("", include("estrade.people.urls")),
    path("", include("estrade.web.urls")),
    path("e/<slug:slug>/", include(edition_urls)),
    path("screen/<slug:slug>/", include("realtime.urls")),
    path("rehearsal/", include("estrade.rehearsal.public_urls")),
    path("admin/", admin.site.urls),
]
if settings.MAIL == "mailbox":
    urlpatterns.append(path("mailbox/", include("estrade.notifications.urls")))
if settings.DEMO:
    urlpatterns.append(path("demo/", include("estrade.demo.urls")))

handler400 = "estrade.web.errors.bad_request"
handler403 = "estrade.web.errors.forbidden"
handler404 = "estrade.web.errors.not_found"
handler500 = "estrade.web.errors.server_error"
