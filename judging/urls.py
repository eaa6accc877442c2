from django.urls import path

from judging import setup_views, views

app_name = "judging"
urlpatterns = [
    path("jury/", views.jury, name="jury"),
    path("jury/setup/", setup_views.setup, name="setup"),
    path("jury/setup/juror/", setup_views.juror, name="add_juror"),
    path("jury/setup/assign/", setup_views.assign, name="assign"),
    path("jury/setup/weights/", setup_views.weights, name="weights"),
    path("jury/<int:team_id>/", views.sheet, name="sheet"),
]
