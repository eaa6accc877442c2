from django.urls import path

from estrade.demo import views

app_name = "demo"
urlpatterns = [
    path("", views.lobby, name="lobby"),
    path("as/<slug:key>/", views.enter, name="enter"),
    path("state/", views.state, name="state"),
    path("pause/", views.pause, name="pause"),
    path("restart/", views.restart, name="restart"),
]
