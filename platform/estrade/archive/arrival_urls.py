"""The addresses at which an edition comes in: they lie outside every edition, since there is none yet."""

from django.urls import path

from estrade.archive import arrival_views

app_name = "arrivals"
urlpatterns = [
    path("editions/import/", arrival_views.new, name="new"),
    path("editions/import/confirm/", arrival_views.confirm, name="confirm"),
]
