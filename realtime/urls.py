from django.urls import path

from realtime import views

app_name = "realtime"
urlpatterns = [
    path("", views.screen, name="screen"),
    path("stage/", views.screen, {"only": "onstage"}, name="stage"),
    path("room/<int:room>/", views.screen, name="room"),
    path("board/", views.screen, {"only": "board"}, name="board"),
]
