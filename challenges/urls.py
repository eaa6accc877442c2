"""Addresses of challenges, under an edition."""

from django.urls import path

from challenges import views

app_name = "challenges"
urlpatterns = [path("<slug:challenge_slug>/", views.challenge, name="challenge")]
