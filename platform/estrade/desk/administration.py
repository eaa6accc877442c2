"""The administration: a look into the tables for who keeps an installation running. Signs in like everybody else."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from estrade.desk.overview import installation
from estrade.web.addresses import local_path


class Administration(AdminSite):
    """No sign-in of its own: the site's counts failed attempts."""

    site_title = site_header = "Estrade"
    index_title = _("Administration")
    site_url = "/"
    index_template = "desk/administration.html"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "languages": settings.LANGUAGES}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().index(request, {**(extra_context or {}), "overview": installation()})

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        onward = request.GET.get("next") or reverse("admin:index")
        if self.has_permission(request):
            return redirect(local_path(onward, otherwise=reverse("admin:index")))
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect(f"{reverse('people:sign_in')}?{urlencode({'next': onward})}")
