"""Signing in and out."""

from django.contrib.auth import login, logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from estrade.kernel.refusal import Refused
from estrade.people.forms import SignInForm
from estrade.people.signin import identify
from estrade.web.addresses import local_path
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
    return render(request, "people/sign_in.html", {"form": form, "next": onward}, status=422 if form.errors else 200)


@require_POST
def sign_out(request: PageRequest) -> HttpResponse:
    """Close the session."""
    logout(request)
    return redirect("editions:root")
