"""The pages of questions: asked by teams, answered by partners, facilitators and organisers, hidden by organisers."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from challenges.reads import questioned_challenges
from estrade.access.policy import can, require
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.request import PageRequest
from teams.forms import AnswerForm, QuestionForm
from teams.question_reads import boxes_of, one_box, one_question
from teams.questions import answer_question, ask_question, hide_question, share_answer

door = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def questions(request: PageRequest, slug: str) -> HttpResponse:
    """Every question about the challenges one answers for, those without an answer first."""
    here, now = request.edition, db_now()
    require(request.user, "question.list", here, at=now)
    boxes = boxes_of(questioned_challenges(edition=here, person=request.user, now=now), person=request.user, now=now)
    context = {"boxes": boxes, "open": sum(box.open for box in boxes), "frame": _frame(request)}
    return render(request, "teams/all_questions.html", context)


@door
def ask(request: PageRequest, slug: str, challenge_slug: str) -> HttpResponse:
    """Ask about a challenge: from its page, or from here when the first try was refused."""
    box = one_box(edition=request.edition, challenge_slug=challenge_slug, person=request.user, now=db_now())
    require(request.user, "question.ask", box.challenge)
    form = QuestionForm(request.POST) if request.method == "POST" else QuestionForm.fresh()
    if form.is_bound and form.is_valid():
        try:
            ask_question(person=request.user, challenge_id=box.challenge.pk, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Your question is on its way. The answer appears on this page."))
            return redirect("challenges:challenge", slug=slug, challenge_slug=challenge_slug)
    context = {"form": form, "challenge": box.challenge}
    return render(request, "teams/ask.html", context, status=422 if form.errors else 200)


@door
def answer(request: PageRequest, slug: str, question_id: int) -> HttpResponse:
    """Answer a question to its team or to all: `to_all` is the name of the second button."""
    shown = one_question(edition=request.edition, question_id=question_id, person=request.user, now=db_now())
    require(request.user, "question.answer", shown.question.challenge)
    form = AnswerForm(request.POST) if request.method == "POST" else AnswerForm()
    if form.is_bound and form.is_valid():
        try:
            answer_question(
                person=request.user, question_id=question_id, text=form.cleaned_data["text"], to_all="to_all" in request.POST
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(
                request, _("The answer is published.") if "to_all" in request.POST else _("The team has the answer.")
            )
            return redirect("teams:questions", slug=slug)
    context = {"form": form, "one": shown, "frame": _frame(request)}
    return render(request, "teams/answer.html", context, status=422 if form.errors else 200)


@require_POST
def share(request: PageRequest, slug: str, question_id: int) -> HttpResponse:
    """Let everybody read the answer that one team had."""
    one_question(edition=request.edition, question_id=question_id, person=request.user, now=db_now())
    share_answer(person=request.user, question_id=question_id)
    messages.success(request, _("Everybody reads this answer now."))
    return redirect("teams:questions", slug=slug)


@require_POST
def hide(request: PageRequest, slug: str, question_id: int) -> HttpResponse:
    """Hide a question with its answer, or show it again."""
    one_question(edition=request.edition, question_id=question_id, person=request.user, now=db_now())
    hidden = "show" not in request.POST
    hide_question(person=request.user, question_id=question_id, hidden=hidden)
    messages.success(request, _("The message is hidden.") if hidden else _("The message is shown again."))
    return redirect("teams:questions", slug=slug)


def _frame(request: PageRequest) -> str:
    organises = can(request.user, "edition.control", request.edition)
    return "web/organiser.html" if organises else "challenges/frame.html"
