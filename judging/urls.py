from django.urls import path

from judging import cockpit_views, floor_views, plan_views, setup_views, views

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
    path("jury/setup/fewest/", setup_views.fewest, name="fewest"),
    path("jury/setup/weights/", setup_views.weights, name="weights"),
    path("jury/setup/seat/<int:seat_id>/", setup_views.seat, name="seat"),
    path("jury/cockpit/", cockpit_views.cockpit, name="cockpit"),
    path("jury/cockpit/nudge/<int:seat>/", cockpit_views.nudge, name="nudge"),
    path("jury/cockpit/minute/", cockpit_views.minute, name="minute"),
    path("jury/cockpit/tie/", cockpit_views.tie, name="tie"),
    path("jury/cockpit/void/<int:ballot>/", cockpit_views.void, name="void"),
    path("jury/cockpit/correct/<int:ballot>/", cockpit_views.correct, name="correct"),
    path("jury/cockpit/sign/", cockpit_views.sign, name="sign"),
    path("jury/cockpit/release/", cockpit_views.release, name="release"),
    path("jury/feedback/", cockpit_views.feedback, name="feedback"),
    path("jury/record/<int:version>.json", cockpit_views.record_data, name="record_data"),
    path("jury/record/<int:version>.pdf", cockpit_views.record_document, name="record_document"),
    path("jury/record/public.json", cockpit_views.public_data, name="public_record"),
    path("jury/<int:team_id>/", views.sheet, name="sheet"),
    path("jury/<int:team_id>/conflict/", views.conflict, name="conflict"),
]
