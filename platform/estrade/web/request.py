"""What a view of this site is handed, once the middlewares have run."""

from typing import Any

from django.http import HttpRequest


class PageRequest(HttpRequest):
    """A request with the edition of its address and somebody who asks.

    `edition` is an `estrade.editions.models.Edition` under /e/<slug>/ and /screen/<slug>/, else None; `user` a
    Person or Django's anonymous one. This room stands below both, so the names are all it may know.
    """

    edition: Any
    user: Any
