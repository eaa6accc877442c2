"""Addresses as QR codes, drawn on this host."""

import io

import segno
from django.utils.safestring import SafeString, mark_safe


def qr_code(address: str) -> SafeString:
    """The address as a QR code with medium error correction, one path of an inline SVG without styles."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=False, border=1, omitsize=True, svgclass=None, lineclass=None, dark="#000"
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308 - made here, from modules of a code
