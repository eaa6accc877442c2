from django.urls import path

from judging import views

app_name = "judging"
urlpatterns = [
    path("jury/", views.jury, name="jury"),
    path("jury/<int:team_id>/", views.sheet, name="sheet"),
]
