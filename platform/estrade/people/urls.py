"""Addresses of signing in and out, of one's own account, of personal codes and invitations."""

from django.urls import path

from estrade.people import account_views, invitation_views, views

app_name = "people"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/mail/", views.ask_code, name="ask_code"),
    path("sign-in/mail/code/", views.mail_code, name="mail_code"),
    path("sign-in/second/", account_views.second_factor, name="second_factor"),
    path("sign-in/second/new/", account_views.set_up_second_factor, name="set_up_second_factor"),
    path("account/", account_views.account, name="account"),
    path("account/second/", account_views.renew_second_factor, name="renew_second_factor"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("c/", views.type_code, name="type_code"),
    path("c/<str:code>/", views.code, name="code"),
    path("i/<str:token>/", invitation_views.invitation, name="invitation"),
    path("e/<slug:slug>/invitations/", invitation_views.invitations, name="invitations"),
    path("e/<slug:slug>/invitations/new/", invitation_views.invite, name="invite"),
    path("e/<slug:slug>/invitations/<int:invitation_id>/", invitation_views.change, name="change_invitation"),
    path("e/<slug:slug>/codes/", views.codes, name="codes"),
    path("e/<slug:slug>/codes/new/", views.new_code, name="new_code"),
]
