from django.urls import path

from judging import floor_views, plan_views, setup_views, views

app_name = "judging"
urlpatterns = [
    path("jury/", views.jury, name="jury"),
    path("jury/charter/", views.charter, name="charter"),
    path("jury/next/", views.next_team, name="next"),
    path("jury/call/", views.call, name="call"),
    path("floor/", floor_views.floor, name="floor"),
    path("floor/stage/", floor_views.stage, name="stage"),
    path("floor/call/<int:call_id>/", floor_views.answer, name="answer"),
    path("jury/setup/plan/", plan_views.plan, name="plan"),
    path("jury/setup/plan/use/", plan_views.use, name="use_plan"),
    path("jury/setup/plan/hand/", plan_views.hand, name="hand"),
    path("jury/setup/", setup_views.setup, name="setup"),
    path("jury/setup/juror/", setup_views.juror, name="add_juror"),
    path("jury/setup/assign/", setup_views.assign, name="assign"),
    path("jury/setup/weights/", setup_views.weights, name="weights"),
    path("jury/setup/seat/<int:seat_id>/", setup_views.seat, name="seat"),
    path("jury/<int:team_id>/", views.sheet, name="sheet"),
    path("jury/<int:team_id>/conflict/", views.conflict, name="conflict"),
]
