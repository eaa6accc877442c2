"""Addresses that belong to no room."""

from django.urls import path

from estrade.web import views

app_name = "web"
urlpatterns = [path("language/<str:code>/", views.language, name="language")]
