"""Addresses of participants and teams, under an edition."""

from django.urls import path

from teams import composing_views, file_views, form_views, people_views, views

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
    path("team/<int:team_id>/withdraw/", views.withdraw, name="withdraw"),
    path("team/<int:team_id>/files/<slug:field>/", file_views.bring, name="bring"),
    path("team/<int:team_id>/files/<slug:field>/start/", file_views.start, name="start_upload"),
    path("team/<int:team_id>/files/<int:file_id>/remove/", file_views.remove, name="remove_file"),
    path("team/<int:team_id>/uploads/<slug:token>/", file_views.piece, name="piece"),
    path("team/<int:team_id>/uploads/<slug:token>/finish/", file_views.finish, name="finish_upload"),
    path("team/<int:team_id>/uploads/<slug:token>/cancel/", file_views.cancel, name="cancel_upload"),
    path("team/<int:team_id>/file/<slug:token>/", file_views.download, name="file"),
    path("contact/", views.contact, name="contact"),
    path("submission-form/", form_views.submission_form, name="submission_form"),
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
    path("receipts/<slug:reference>/confirm/", views.confirm, name="confirm"),
]
