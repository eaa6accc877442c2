"""Which host names this site answers to, and under which address it shows itself to people.

One rule for pages, sockets and forms. In a venue any address written as numbers is ours: it changes with the
network, and a page of somebody else cannot make a browser send it for a name of its own.
"""

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from estrade.kernel.network import is_address, is_loopback, local_addresses


def is_our_host(host: str) -> bool:
    """Whether a Host header, with or without port, names this site."""
    domain, _ = split_domain_port(host)
    if not domain:
        return False
    if settings.VENUE:
        return is_address(domain) or validate_host(domain, settings.VENUE_HOSTS)
    return validate_host(domain, settings.ALLOWED_HOSTS)


def shown_origin(request: HttpRequest) -> str:
    """Scheme, host and port that others can use, from what the reader used.

    In a venue the organiser may sit at the laptop itself: `localhost` would send every phone to itself.
    """
    domain, _ = split_domain_port(request.get_host())
    if settings.VENUE and is_loopback(domain):
        addresses = local_addresses()
        if addresses:
            return origin_of(addresses[0], scheme=request.scheme or "http", port=request.get_port())
    return f"{request.scheme}://{request.get_host()}"


def origin_of(host: str, *, scheme: str, port: str | int) -> str:
    """`http://192.168.1.20:8000`, without the port that a browser leaves out."""
    usual = {"http": "80", "https": "443"}[scheme]
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if str(port) == usual else f"{scheme}://{shown}:{port}"
