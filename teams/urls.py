"""Addresses of participants and teams, under an edition."""

from django.urls import path

from teams import views

app_name = "teams"
urlpatterns = [
    path("me/", views.home, name="home"),
    path("join/", views.join, name="join"),
    path("join/new/", views.create, name="create"),
    path("team/", views.mine, name="mine"),
    path("team/<int:team_id>/", views.team, name="team"),
    path("team/<int:team_id>/draft/", views.draft, name="draft"),
    path("team/<int:team_id>/deliver/", views.deliver, name="deliver"),
    path("team/<int:team_id>/settings/", views.change, name="change"),
    path("receipts/<slug:reference>/", views.receipt, name="receipt"),
]
