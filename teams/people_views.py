"""The organisers' pages about people: the list, the import with its preview, one person, two that are one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estrade.access.policy import can, require
from estrade.kernel.cleantext import one_line
from estrade.kernel.refusal import Refused
from estrade.people.words import ONE_ROLE
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from teams.forms import ListForm, PersonForm, RosterForm, SchoolsForm
from teams.intake_table import MAX_BYTES
from teams.kept_lists import decide_about, import_kept, keep_list, kept_list
from teams.models import KeptList
from teams.people_changes import PersonWords, edit_person, merge_people, owns_name
from teams.previews import preview_of
from teams.roster import NOBODYS_SCHOOL, Wanted, counts_of, known_schools, one_of, people_of

door = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def people(request: PageRequest, slug: str) -> HttpResponse:
    """Everybody of the edition, searched and narrowed down."""
    require(request.user, "people.read", request.edition)
    counts = counts_of(request.edition)
    schools = [
        (row["organisation__slug"] or NOBODYS_SCHOOL, row["organisation__short_name"] or _("No school"))
        for row in counts.by_school
    ]
    form = RosterForm(request.GET, schools=schools)
    wanted = _wanted(form)
    context = {
        "roster": people_of(edition=request.edition, wanted=wanted, page=page_of(request)),
        "counts": counts,
        "form": form,
        "wanted": wanted,
        "roles": ONE_ROLE,
        "may_import": can(request.user, "people.import", request.edition),
        "kept": query_of(request),
    }
    return render(request, "teams/people.html", context)


@door
def import_list(request: PageRequest, slug: str) -> HttpResponse:
    """Choose a file; it is looked at, and nothing is written."""
    require(request.user, "people.import", request.edition)
    form = ListForm(request.POST, request.FILES) if request.method == "POST" else ListForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > MAX_BYTES:
                raise Refused("file_too_large", field="file", limit=MAX_BYTES // (1024 * 1024))
            kept = keep_list(person=request.user, edition=request.edition, data=file.read(), filename=file.name or "")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect("teams:preview", slug=slug, token=kept.token)
    return render(request, "teams/import.html", {"form": form}, status=422 if form.errors else 200)


@door
def preview(request: PageRequest, slug: str, token: str) -> HttpResponse:
    """What the list would do, line by line; then do it, once."""
    if request.method == "POST":
        kept = import_kept(person=request.user, edition=request.edition, token=token)
        if kept.imported_at is not None:
            return redirect("teams:preview", slug=slug, token=token)
        return _preview_page(request, kept, status=409)
    return _preview_page(request, kept_list(person=request.user, edition=request.edition, token=token))


@require_POST
def decide(request: PageRequest, slug: str, token: str) -> HttpResponse:
    """What the unknown schools are, and which sheet is meant."""
    require(request.user, "people.import", request.edition)
    kept = kept_list(person=request.user, edition=request.edition, token=token)
    sheet = one_line(request.POST.get("sheet", kept.sheet))[:80]
    form = _schools_form(request, kept, request.POST)
    if sheet == kept.sheet and not form.is_valid():
        return _preview_page(request, kept, form=form, status=422)
    answers, names = (form.answers, form.names) if sheet == kept.sheet else ({}, {})
    decide_about(person=request.user, edition=request.edition, token=token, sheet=sheet, answers=answers, names=names)
    return redirect("teams:preview", slug=slug, token=token)


@door
def person(request: PageRequest, slug: str, person_id: int) -> HttpResponse:
    """Correct the name, school and level of one person."""
    require(request.user, "people.read", request.edition)
    entry = one_of(edition=request.edition, person_id=person_id)
    may_edit = can(request.user, "people.edit", request.edition)
    if request.method == "POST":
        require(request.user, "people.edit", request.edition)
    form = _person_form(request, entry)
    if form.is_bound and form.is_valid():
        try:
            edit_person(person=request.user, edition_id=request.edition.pk, person_id=person_id, words=_person_words(form))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("teams:people", slug=slug)
    context = {"entry": entry, "form": form, "may_edit": may_edit, "roles": ONE_ROLE}
    return render(request, "teams/person.html", context, status=422 if form.errors else 200)


@door
def merge(request: PageRequest, slug: str, person_id: int) -> HttpResponse:
    """Find the other row of the same human being, look at both, then make them one."""
    require(request.user, "people.edit", request.edition)
    entry = one_of(edition=request.edition, person_id=person_id)
    chosen = request.POST.get("other") or request.GET.get("other") or ""
    other = one_of(edition=request.edition, person_id=int(chosen)) if chosen.isdecimal() and len(chosen) < 19 else None
    refusal = None
    if request.method == "POST" and other is not None:
        try:
            merge_people(person=request.user, edition_id=request.edition.pk, keep_id=person_id, other_id=other.person.pk)
        except Refused as refused:
            if refused.code in {"not_found", "wrong_role", "wrong_phase"}:
                raise
            refusal = refused
        else:
            messages.success(request, _("Merged: one person remains."))
            return redirect("teams:person", slug=slug, person_id=person_id)
    words = one_line(request.GET.get("q", entry.person.last_name))[:80]
    found = people_of(edition=request.edition, wanted=Wanted(words=words, role="participant")) if other is None else None
    context = {"entry": entry, "other": other, "found": found, "words": words, "refusal": refusal}
    if refusal:
        context["refusal_words"] = status_and_sentence(refusal)[1]
    return render(request, "teams/merge.html", context, status=409 if refusal else 200)


def _wanted(form: RosterForm) -> Wanted:
    asked = form.asked
    return Wanted(
        words=asked["q"],
        school=asked["school"],
        role=asked["role"],
        without_team=asked["only"] == "team",
        without_consent=asked["only"] == "consent",
    )


def page_of(request: PageRequest) -> int:
    """The page of a long list that the address asks for."""
    text = request.GET.get("page", "1")
    return int(text) if text.isdecimal() and len(text) < 9 else 1


def query_of(request: PageRequest) -> str:
    """The address' question without its page."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


def _preview_page(request: PageRequest, kept: KeptList, *, form: SchoolsForm | None = None, status: int = 200) -> HttpResponse:
    shown = preview_of(kept, show=request.GET.get("show", ""), page=page_of(request))
    form = form or _schools_form(request, kept, None)
    may_import = can(request.user, "people.import", request.edition)
    context = {"kept": kept, "preview": shown, "form": form, "may_import": may_import}
    return render(request, "teams/preview.html", context, status=status)


def _schools_form(request: PageRequest, kept: KeptList, data: Any) -> SchoolsForm:
    known = [(school.slug, school.short_name) for school in known_schools()]
    return SchoolsForm(data, unknown=preview_of(kept).said.unknown, known=known, answers=kept.answers)


def _person_form(request: PageRequest, entry: Any) -> PersonForm:
    initial = {
        "first_name": entry.person.first_name,
        "last_name": entry.person.last_name,
        "school": entry.school.pk if entry.school else None,
        "level": entry.level,
    }
    owned = owns_name(entry.person, request.edition.pk)
    data = request.POST if request.method == "POST" else None
    return PersonForm(data, schools=known_schools(), name_is_owned=owned, initial=initial)


def _person_words(form: PersonForm) -> PersonWords:
    words = form.cleaned_data
    school = words["school"]
    return PersonWords(
        first_name=words["first_name"],
        last_name=words["last_name"],
        school_id=school.pk if school else None,
        level=words["level"],
    )
