from django.urls import path

from estrade.desk import founding_views, on_site_views, partner_views, programme_views, views

app_name = "desk"
urlpatterns = [
    path("partner/", partner_views.partner, name="partner"),
    path("my-event/", programme_views.my_event, name="my_event"),
    path("control/", views.control, name="control"),
    path("control/announce/", views.announce, name="announce"),
    path("control/move/<slug:name>/", views.move, name="move"),
    path("control/move/<slug:name>/preview/", programme_views.preview, name="preview"),
    path("control/take-back/", programme_views.undo, name="take_back"),
    path("settings/", founding_views.settings, name="settings"),
    path("programme/", programme_views.programme, name="programme"),
    path("programme/next/", programme_views.next_step, name="next_step"),
    path("programme/new/", programme_views.edit, name="new_step"),
    path("programme/<int:step>/", programme_views.edit, name="step"),
    path("programme/<int:step>/delay/", programme_views.delay, name="delay_step"),
    path("programme/<int:step>/remove/", programme_views.remove, name="remove_step"),
    path("control/extend/<int:team>/", views.extend, name="extend"),
    path("control/accept-late/<int:receipt>/", views.accept_late, name="accept_late"),
    path("control/freeze/", views.freeze, name="freeze"),
    path("control/thaw/", views.thaw, name="thaw"),
    path("control/sign-off/", views.sign_off, name="sign_off"),
    path("control/reveal/", views.reveal, name="reveal"),
    path("control/reveal-back/", views.reveal_back, name="reveal_back"),
    path("control/publish/", views.publish, name="publish"),
    path("on-site/", on_site_views.on_site, name="on_site"),
    path("on-site/poster/", on_site_views.poster, name="poster"),
    path("on-site/copy/", on_site_views.copy_now, name="copy_now"),
]
