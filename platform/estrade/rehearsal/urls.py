"""Addresses of the organisers, under an edition."""

from django.urls import path

from estrade.rehearsal import views

app_name = "rehearsal"
urlpatterns = [
    path("", views.rehearsal, name="rehearsal"),
    path("pause/", views.pause, name="pause"),
    path("wipe/", views.wipe, name="wipe"),
    path("state/", views.state, name="state"),
]
