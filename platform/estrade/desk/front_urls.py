"""The addresses of editions: the first page of the site, the form for a new edition, the page of each."""

from django.urls import path

from estrade.desk import founding_views, front_views
from estrade.editions import views

app_name = "editions"
urlpatterns = [
    path("", views.root, name="root"),
    path("editions/new/", founding_views.new, name="new"),
    path("e/<slug:slug>/", front_views.edition, name="edition"),
]
