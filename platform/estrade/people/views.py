"""Signing in with a password or a personal code, and out; the codes to be printed."""

from django.contrib.auth import login, logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from estrade.access.policy import require
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.badges import sheet_of
from estrade.people.codes import issue_codes, owner_of, plain_code, replace_code, use_code
from estrade.people.forms import CodeForm, IssueForm, ReplaceForm, SignInForm
from estrade.people.reads import roles_with_codes
from estrade.people.signin import identify
from estrade.web.addresses import local_path
from estrade.web.navigation import entries
from estrade.web.request import PageRequest

BACKEND = "estrade.people.backends.UsernameOrEmail"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: PageRequest) -> HttpResponse:
    """Open a session and go on to the page that asked for it."""
    onward = local_path(request.POST.get("next") or request.GET.get("next", ""), otherwise="/")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            login(request, identify(**form.cleaned_data), backend=BACKEND)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect(onward)
    context = {"form": form, "code_form": CodeForm(), "next": onward}
    return render(request, "people/sign_in.html", context, status=422 if form.errors else 200)


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
    login(request, found.person, backend=BACKEND)
    pages = entries(found.person, found.edition, path="", now=db_now())
    return redirect(pages[0].url if pages else reverse("editions:edition", args=[found.edition.slug]))


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
    """Close the session."""
    logout(request)
    return redirect("editions:root")
