"""Addresses of the dossiers, under an edition."""

from django.urls import path

from estrade.dossiers import views

app_name = "dossiers"
urlpatterns = [
    path("dossiers/", views.dossiers, name="dossiers"),
    path("dossiers/everything/", views.everything, name="everything"),
    path("dossiers/mine/", views.mine, name="mine"),
    path("dossiers/<int:organisation_id>/", views.one, name="one"),
]
