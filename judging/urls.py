from django.urls import path

from judging import cockpit_views, setup_views, views

app_name = "judging"
urlpatterns = [
    path("jury/", views.jury, name="jury"),
    path("jury/setup/", setup_views.setup, name="setup"),
    path("jury/setup/juror/", setup_views.juror, name="add_juror"),
    path("jury/setup/assign/", setup_views.assign, name="assign"),
    path("jury/setup/fewest/", setup_views.fewest, name="fewest"),
    path("jury/setup/weights/", setup_views.weights, name="weights"),
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
]
