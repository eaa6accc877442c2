"""The page of seats, for whoever has its address."""

from django.urls import path

from estrade.rehearsal import public_views

app_name = "rehearsal_lobby"
urlpatterns = [
    path("<str:token>/", public_views.lobby, name="lobby"),
    path("<str:token>/seat/<int:seat>/", public_views.seat, name="seat"),
]
