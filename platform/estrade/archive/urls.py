from django.urls import path

from estrade.archive import views

app_name = "archive"
urlpatterns = [
    path("data/", views.data, name="data"),
    path("data/everything/", views.everything, name="everything"),
    path("data/<slug:name>.csv", views.table, name="table"),
]
