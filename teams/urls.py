"""Addresses of participants and teams, under an edition."""

from django.urls import path

from teams import composing_views, people_views, question_views, views

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
    path("questions/", question_views.questions, name="questions"),
    path("questions/<int:question_id>/answer/", question_views.answer, name="answer"),
    path("questions/<int:question_id>/share/", question_views.share, name="share"),
    path("questions/<int:question_id>/hide/", question_views.hide, name="hide"),
    path("challenges/<slug:challenge_slug>/ask/", question_views.ask, name="ask"),
    path("people/", people_views.people, name="people"),
    path("people/import/", people_views.import_list, name="import"),
    path("people/import/<slug:token>/", people_views.preview, name="preview"),
    path("people/import/<slug:token>/schools/", people_views.decide, name="decide"),
    path("people/<int:person_id>/", people_views.person, name="person"),
    path("people/<int:person_id>/merge/", people_views.merge, name="merge"),
    path("compose/", composing_views.compose, name="compose"),
    path("compose/start/", composing_views.start, name="compose_start"),
    path("compose/stop/", composing_views.stop, name="compose_stop"),
    path("compose/place/", composing_views.place, name="compose_place"),
    path("compose/use/", composing_views.use, name="compose_use"),
    path("receipts/<slug:reference>/", views.receipt, name="receipt"),
]
