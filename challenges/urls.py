"""Addresses of challenges, under an edition."""

from django.urls import path

from challenges import file_views, views

app_name = "challenges"
urlpatterns = [
    # No challenge can take these two addresses: their names stand in RESERVED_SLUGS.
    path("manage/", views.manage, name="manage"),
    path("new/", views.new, name="new"),
    path("<slug:challenge_slug>/", views.challenge, name="challenge"),
    path("<slug:challenge_slug>/edit/", views.edit, name="edit"),
    path("<slug:challenge_slug>/submit/", views.submit, name="submit"),
    path("<slug:challenge_slug>/send-back/", views.give_back, name="send_back"),
    path("<slug:challenge_slug>/publish/", views.publish, name="publish"),
    path("<slug:challenge_slug>/files/", file_views.files, name="files"),
    path("<slug:challenge_slug>/files/<int:file_id>/remove/", file_views.remove_file, name="remove_file"),
    path("<slug:challenge_slug>/file/<slug:token>/", file_views.download, name="file"),
]
