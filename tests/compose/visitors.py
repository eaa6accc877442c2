"""Who visits a played site: a browser that fills in forms, and jurors that score until each score is acknowledged."""

from __future__ import annotations

import itertools
import ssl
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx


class FormReader(HTMLParser):
    """The fields of the last form of a page with what they hold, as a browser would send them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        name, value = facts.get("name") or "", facts.get("value") or ""
        if tag == "form":
            self.fields = {}
        elif tag in {"input", "textarea"} and name:
            if facts.get("type") not in {"radio", "checkbox"} or "checked" in facts:
                self.fields[name] = value
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in facts or self._select not in self.fields):
            self.fields[self._select] = value


def browser(origin: str, tls: ssl.SSLContext, **cookies: str) -> httpx.Client:
    headers = {"Accept-Language": "en", "Origin": origin, "Referer": f"{origin}/"}
    return httpx.Client(base_url=origin, verify=tls, headers=headers, cookies=cookies, timeout=15)


def submit(client: httpx.Client, address: str, **changes: str) -> httpx.Response:
    """Open a page, change some fields of its form, send it, and follow."""
    page = client.get(address)
    assert page.status_code == 200, (address, page.status_code)
    return client.post(address, data={**FormReader(page.text).fields, **changes}, follow_redirects=True)


@dataclass
class Tally:
    """What all jurors were told: one entry for each acknowledged score, and each answer that was none."""

    acknowledged: dict[str, tuple[int, int, int, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    again: Counter[str] = field(default_factory=Counter)


class Juror(threading.Thread):
    """One telephone: one score after the other, each sent again under the same id until it is acknowledged."""

    def __init__(self, client: httpx.Client, prepared: dict[str, Any], number: int, tally: Tally, stop: threading.Event) -> None:
        super().__init__(name=f"juror {number}", daemon=True)
        self._client, self._prepared, self._number, self._tally, self._stop_asked = client, prepared, number, tally, stop

    def run(self) -> None:
        versions: dict[tuple[int, int], int] = {}
        # The page brings the token that a score needs.
        self._csrf()
        places = itertools.cycle(itertools.product(self._prepared["teams"], self._prepared["criteria"]))
        while not self._stop_asked.is_set():
            team, criterion = next(places)
            version = versions.get((team, criterion), 0)
            sent = {"criterion": criterion, "value": str(version % 5), "client_id": str(uuid.uuid4()), "base_version": version}
            if (kept := self._send(team, sent)) is None:
                return
            versions[team, criterion] = kept
            self._tally.acknowledged[sent["client_id"]] = (self._number, team, criterion, sent["value"])
            # A person reads before the next tap; without a pause they would only measure this machine.
            time.sleep(0.4)

    def _csrf(self) -> None:
        while True:
            try:
                page = self._client.get(f"/e/{self._prepared['slug']}/jury/")
            except httpx.TransportError:
                continue
            token = FormReader(page.text).fields.get("csrfmiddlewaretoken", "")
            self._client.headers["X-CSRFToken"] = token or (self._client.cookies.get("__Host-csrf") or "")
            return

    def _send(self, team: int, sent: dict[str, Any]) -> int | None:
        address = f"/api/v1/editions/{self._prepared['slug']}/jury/{team}/scores/"
        while True:
            began = time.monotonic()
            try:
                answer = self._client.post(address, json=sent)
            except httpx.TransportError:
                # Cut off: whether it was kept nobody knows here, so the same score goes again.
                self._tally.again["cut off"] += 1
                time.sleep(0.1)
                continue
            if answer.status_code in {200, 201}:
                self._tally.milliseconds.append((time.monotonic() - began) * 1000)
                return int(answer.json()["version"])
            if answer.status_code in {502, 503, 504}:
                self._tally.again[str(answer.status_code)] += 1
                time.sleep(0.1)
                continue
            self._tally.refused.append(f"{answer.status_code} {answer.text[:300]}")
            return None
