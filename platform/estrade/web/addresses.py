"""Addresses that people bring along in `next`: only paths of this site are followed."""

from urllib.parse import urlsplit

from django.utils.http import url_has_allowed_host_and_scheme


def local_path(address: str, *, otherwise: str) -> str:
    """`address` when it is a plain path of this site, else `otherwise`.

    No scheme, no host, no backslash, no control character: `//evil`, `/\\evil` and `https:evil` lead to `otherwise`.
    """
    if not address.startswith("/") or "\\" in address or any(ord(letter) < 0x20 for letter in address):
        return otherwise
    if not url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return otherwise
    parts = urlsplit(address)
    return otherwise if parts.scheme or parts.netloc else address
