"""Signing in with a password or a personal code, and out; the codes to be printed."""

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from estrade.access.policy import require
from estrade.kernel.refusal import Refused
from estrade.people.badges import sheet_of
from estrade.people.codes import issue_codes, owner_of, plain_code, replace_code, use_code
from estrade.people.door import come_in
from estrade.people.forms import AskForm, CodeForm, DigitsForm, IssueForm, ReplaceForm, SignInForm
from estrade.people.mail_codes import MINUTES, ask_mail_code, use_mail_code
from estrade.people.reads import first_page, roles_with_codes
from estrade.people.signin import identify
from estrade.web.addresses import local_path
from estrade.web.request import PageRequest

WAITING = "mail_code"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: PageRequest) -> HttpResponse:
    """Open a session and go on to the page that asked for it."""
    onward = local_path(request.POST.get("next") or request.GET.get("next", ""), otherwise="/")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return come_in(request, identify(**form.cleaned_data), onward)
        except Refused as refusal:
            form.refuse(refusal)
    context = {
        "form": form,
        "code_form": CodeForm(),
        "mail_form": AskForm(auto_id="ask_%s"),
        "mail": settings.MAIL,
        "next": onward,
    }
    return render(request, "people/sign_in.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
@require_POST
def ask_code(request: PageRequest) -> HttpResponse:
    """Ask for a code by mail. The answer is the same whether somebody has the address or not."""
    onward = local_path(request.POST.get("next", ""), otherwise="/")
    form = AskForm(request.POST, auto_id="ask_%s")
    if form.is_valid():
        try:
            asked = ask_mail_code(email=form.cleaned_data["email"])
        except Refused as refusal:
            form.refuse(refusal)
        else:
            request.session[WAITING] = {"token": asked.token, "next": onward}
            return redirect("people:mail_code")
    context = {"form": SignInForm(), "code_form": CodeForm(), "mail_form": form, "mail": settings.MAIL, "next": onward}
    return render(request, "people/sign_in.html", context, status=422)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def mail_code(request: PageRequest) -> HttpResponse:
    """Type the six digits of the mail. Only a POST uses them up, and only in the browser that asked."""
    waiting = request.session.get(WAITING)
    if waiting is None:
        return redirect("people:sign_in")
    form = DigitsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = use_mail_code(token=waiting["token"], code=form.cleaned_data["code"])
        except Refused as refusal:
            form.refuse(refusal)
        else:
            del request.session[WAITING]
            return come_in(request, person, waiting["next"], owns_address=True)
    context = {"form": form, "minutes": MINUTES, "next": waiting["next"]}
    return render(request, "people/mail_code.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def type_code(request: PageRequest) -> HttpResponse:
    """A code typed by hand leads to the same question as a scanned one."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            owner_of(form.cleaned_data["code"])
            return redirect("people:code", code=plain_code(form.cleaned_data["code"]))
        except Refused as refusal:
            form.refuse(refusal)
    return render(request, "people/type_code.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: PageRequest, code: str) -> HttpResponse:
    """Ask "is this you?". A look signs nobody in, so a program that follows addresses cannot use a code up."""
    try:
        found = use_code(code) if request.method == "POST" else owner_of(code)
    except Refused as refusal:
        form = CodeForm({"code": code})
        form.is_valid()
        form.refuse(refusal)
        return render(request, "people/type_code.html", {"form": form}, status=404)
    if request.method != "POST":
        return render(request, "people/is_it_you.html", {"found": found, "code": code})
    return come_in(request, found.person, first_page(found.person, found.edition), paper=found)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: PageRequest, slug: str) -> HttpResponse:
    """Who has a code; making those that are missing leads to the sheet to be printed."""
    require(request.user, "codes.issue", request.edition)
    form = IssueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = issue_codes(person=request.user, edition_id=request.edition.pk, **form.cleaned_data)
        if made:
            return render(request, "people/badges.html", sheet_of(request, made))
    context = {"roles": roles_with_codes(request.edition), "nothing_made": request.method == "POST"}
    return render(request, "people/codes.html", context)


@never_cache
@require_POST
def new_code(request: PageRequest, slug: str) -> HttpResponse:
    """A new code for one person, to be printed or read out."""
    form = ReplaceForm(request.POST)
    if not form.is_valid():
        raise Refused("not_found")
    made = replace_code(person=request.user, edition_id=request.edition.pk, of_id=form.cleaned_data["person"])
    return render(request, "people/badges.html", sheet_of(request, [made]))


@require_POST
def sign_out(request: PageRequest) -> HttpResponse:
    """Close the session; "not me" goes on to the question who it is then."""
    onward = local_path(request.POST.get("next", ""), otherwise=reverse("editions:root"))
    logout(request)
    return redirect(onward)
