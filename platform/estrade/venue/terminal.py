"""What stands on the organiser's terminal: where phones go, where the data lie, what to do next."""

import io
import os
from dataclasses import dataclass
from pathlib import Path

import segno
from django.utils.translation import gettext as _

from estrade.web.hosts import origin_of

WIDTH = 12


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where this process can be reached (the likeliest address first) and where it keeps things."""

    addresses: list[str]
    name: str
    scheme: str
    port: int
    data: Path
    copies: Path
    is_new: bool

    @property
    def origins(self) -> list[str]:
        return [origin_of(address, scheme=self.scheme, port=self.port) for address in self.addresses]


def language() -> str:
    """The terminal's language."""
    return "fr" if os.environ.get("LANG", "").startswith("fr") else "en"


def picture(scene: Scene, *, changed: bool = False) -> str:
    """The whole message; `changed` when the addresses are other ones than those printed before."""
    lines = ["", "  Estrade", ""]
    if changed:
        lines += [
            "  " + _("This laptop has another address now. Show the new code; who came by the name finds it alone."),
            "",
        ]
    if not scene.addresses:
        here = origin_of("localhost", scheme=scene.scheme, port=scene.port)
        lines += [_row(_("Here"), here)]
        lines += ["  " + _("No network: join the wifi of the hall, the address appears here by itself."), ""]
    for number, origin in enumerate(scene.origins):
        lines.append(_row(_("Address") if number == 0 else "", f"{origin}/"))
    if scene.name:
        lines.append(_row(_("Name"), f"{origin_of(scene.name, scheme=scene.scheme, port=scene.port)}/"))
    if scene.addresses:
        lines += ["", qr(f"{scene.origins[0]}/")]
    lines += [_row(_("Data"), str(scene.data)), _row(_("Copies"), str(scene.copies))]
    lines += [_row("", _("Every hour and at the end. A USB stick is safer: COPIES=/path/of/the/stick"))]
    todo = (
        _("Open the address on this laptop, sign in, create the event.")
        if scene.is_new
        else _("The poster to print and the state of this laptop: page “On site” of the event.")
    )
    lines += [_row(_("Next"), todo), "", "  " + _("Ctrl-C ends it, the data are kept."), ""]
    return "\n".join(lines)


def qr(address: str) -> str:
    """The address as a code of half blocks that a phone reads from a dark and from a light terminal."""
    out = io.StringIO()
    segno.make(address, error="m", micro=False).terminal(out, border=2, compact=True)
    return "\n".join(f"  {line}" for line in out.getvalue().splitlines()) + "\n"


def _row(title: str, text: str) -> str:
    return f"  {title:<{WIDTH}}{text}"
