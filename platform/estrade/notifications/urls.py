"""The mailbox of the demonstration: what would have left."""

from django.urls import path

from estrade.notifications import views

app_name = "mailbox"
urlpatterns = [
    path("", views.mailbox, name="mailbox"),
    path("<int:letter_id>/", views.letter, name="letter"),
]
