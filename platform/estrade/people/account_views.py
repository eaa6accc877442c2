"""One's own account: password, second factor, signing out everywhere. And the second factor while signing in."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from estrade.kernel.refusal import Refused
from estrade.people.accounts import change_password, end_sessions
from estrade.people.door import come_in, finish, half_way, has_second_factor, hold_back, may_choose_password
from estrade.people.forms import PasswordForm, SecondFactorForm
from estrade.people.second_factor import (
    address_for_app,
    begin_set_up,
    check_second_factor,
    confirm_set_up,
    is_set_up,
    is_wanted_of,
    remove_second_factor,
)
from estrade.web.qr import qr_code
from estrade.web.request import PageRequest


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: PageRequest) -> HttpResponse:
    """What opens this account: a password, a second factor; and an end to all its sessions."""
    if not request.user.is_authenticated:
        raise Refused("sign_in_first")
    if request.POST.get("everywhere"):
        end_sessions(person=request.user)
        logout(request)
        return redirect("people:sign_in")
    may_choose = may_choose_password(request)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not may_choose:
            raise Refused("password_needs_mail")
        try:
            words = form.cleaned_data
            person = change_password(person=request.user, present=words["present"], new=words["new"])
        except Refused as refusal:
            form.refuse(refusal)
        else:
            both = has_second_factor(request)
            logout(request)
            if both:
                finish(request, person)
            else:
                come_in(request, person, "/")
            messages.success(request, _("The new password holds. Every other device is signed out."))
            return redirect("people:account")
    context = {
        "form": form,
        "may_choose": may_choose,
        "second_factor_wanted": is_wanted_of(request.user),
        "second_factor": is_set_up(request.user),
    }
    return render(request, "people/account.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: PageRequest) -> HttpResponse:
    """The second question of a sign-in."""
    waiting = half_way(request)
    if waiting is None:
        return redirect("people:sign_in")
    person, onward = waiting
    if not is_set_up(person):
        return redirect("people:set_up_second_factor")
    form = SecondFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            check_second_factor(person=person, code=form.cleaned_data["code"])
        except Refused as refusal:
            form.refuse(refusal)
        else:
            finish(request, person)
            return redirect(onward)
    return render(request, "people/second_factor.html", {"form": form, "person": person}, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def set_up_second_factor(request: PageRequest) -> HttpResponse:
    """Show the secret to the app, then ask for its digits. The recovery codes are on the page after that, once."""
    waiting = half_way(request)
    if waiting is None:
        return redirect("people:sign_in")
    person, onward = waiting
    factor = begin_set_up(person)
    form = SecondFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = confirm_set_up(person=person, code=form.cleaned_data["code"])
        except Refused as refusal:
            form.refuse(refusal)
        else:
            finish(request, person)
            return render(request, "people/recovery_codes.html", {"codes": codes, "next": onward})
    context = {"form": form, "person": person, "qr": qr_code(address_for_app(factor)), "secret": factor.secret}
    return render(request, "people/set_up_second_factor.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
@require_POST
def renew_second_factor(request: PageRequest) -> HttpResponse:
    """Another telephone: with a code of the old one, or a recovery code, the app is set up anew."""
    if not request.user.is_authenticated:
        raise Refused("sign_in_first")
    form = SecondFactorForm(request.POST)
    if form.is_valid():
        check_second_factor(person=request.user, code=form.cleaned_data["code"])
        person = request.user
        remove_second_factor(person=person)
        if is_wanted_of(person):
            return hold_back(request, person, "/account/")
    return redirect("people:account")
