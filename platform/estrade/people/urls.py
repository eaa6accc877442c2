"""Addresses of signing in and out, and of personal codes."""

from django.urls import path

from estrade.people import views

app_name = "people"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("c/", views.type_code, name="type_code"),
    path("c/<str:code>/", views.code, name="code"),
    path("e/<slug:slug>/codes/", views.codes, name="codes"),
    path("e/<slug:slug>/codes/new/", views.new_code, name="new_code"),
]
