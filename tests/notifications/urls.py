"""The addresses of the site with the mailbox, which only the demonstration has."""

from django.urls import include, path

from estrade.config import urls

urlpatterns = [*urls.urlpatterns, path("mailbox/", include("estrade.notifications.urls"))]
