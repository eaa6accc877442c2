"""Addresses of the API, its description and its documentation."""

from django.urls import include, path

from challenges.api import Challenges, OneChallenge
from estrade.desk.api_docs import Description, Documentation
from estrade.editions.api import Editions, OneEdition
from judging.api import Remarks, Scores
from judging.public_api import Board, Results
from realtime.api import Events
from teams.api import Find, OneTeam, Teams
from teams.approach_api import AnswerInvitation, AnswerRequest, AskTeam, InvitePerson, OwnApproaches, TeamApproaches
from teams.file_api import DroppedUpload, Files, FinishedUpload, OneUpload, RemovedFile, Uploads
from teams.find_api import OwnNotice, OwnNoticeRemoved, TeamNotice, TeamNoticeRemoved
from teams.question_api import Answers, Questions

app_name = "api"
edition_urls = [
    # First what a whole jury asks at once: addresses are tried in this order.
    path("jury/<int:team_id>/scores/", Scores.as_view(), name="scores"),
    path("jury/<int:team_id>/remarks/", Remarks.as_view(), name="remarks"),
    path("", OneEdition.as_view(), name="edition"),
    path("challenges/", Challenges.as_view(), name="challenges"),
    path("challenges/<slug:challenge_slug>/", OneChallenge.as_view(), name="challenge"),
    path("challenges/<slug:challenge_slug>/questions/", Questions.as_view(), name="questions"),
    path("questions/<int:question_id>/answer/", Answers.as_view(), name="answer"),
    path("teams/", Teams.as_view(), name="teams"),
    path("teams/<int:team_id>/", OneTeam.as_view(), name="team"),
    path("teams/<int:team_id>/files/", Files.as_view(), name="files"),
    path("teams/<int:team_id>/files/<int:file_id>/remove/", RemovedFile.as_view(), name="remove_file"),
    path("teams/<int:team_id>/uploads/", Uploads.as_view(), name="uploads"),
    path("teams/<int:team_id>/uploads/<slug:token>/", OneUpload.as_view(), name="upload"),
    path("teams/<int:team_id>/uploads/<slug:token>/finish/", FinishedUpload.as_view(), name="finish_upload"),
    path("teams/<int:team_id>/uploads/<slug:token>/cancel/", DroppedUpload.as_view(), name="cancel_upload"),
    path("teams/<int:team_id>/notice/", TeamNotice.as_view(), name="team_notice"),
    path("teams/<int:team_id>/notice/remove/", TeamNoticeRemoved.as_view(), name="remove_team_notice"),
    path("teams/<int:team_id>/invite/", InvitePerson.as_view(), name="invite_person"),
    path("teams/<int:team_id>/approaches/", TeamApproaches.as_view(), name="team_approaches"),
    path("teams/<int:team_id>/approaches/<int:approach_id>/answer/", AnswerRequest.as_view(), name="answer_request"),
    path("find/", Find.as_view(), name="find"),
    path("find/teams/<int:team_id>/ask/", AskTeam.as_view(), name="ask_team"),
    path("find/approaches/", OwnApproaches.as_view(), name="own_approaches"),
    path("find/approaches/<int:approach_id>/answer/", AnswerInvitation.as_view(), name="answer_invitation"),
    path("find/notice/", OwnNotice.as_view(), name="own_notice"),
    path("find/notice/remove/", OwnNoticeRemoved.as_view(), name="remove_own_notice"),
    path("board/", Board.as_view(), name="board"),
    path("results/", Results.as_view(), name="results"),
    path("events/", Events.as_view(), name="events"),
]
urlpatterns = [
    path("v1/editions/", Editions.as_view(), name="editions"),
    path("v1/editions/<slug:slug>/", include(edition_urls)),
    path("schema/", Description.as_view(), name="schema"),
    path("docs/", Documentation.as_view(), name="docs"),
]
