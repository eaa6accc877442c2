from django.urls import path

from judging import public_views

app_name = "judging_public"
urlpatterns = [
    path("board/", public_views.board, name="board"),
    path("results/", public_views.results, name="results"),
]
