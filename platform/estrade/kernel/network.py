"""The addresses under which this machine can be reached from its local network. Asks the system only, sends nothing."""

import ipaddress
import socket

import ifaddr

# Networks between this machine and programs on it: no phone comes that way.
VIRTUAL = (
    "awdl", "br-", "bridge", "cni", "docker", "llw", "lxc", "lxd", "podman", "tailscale", "tap", "tun", "utun", "vbox", "veth",
    "virbr", "vmnet", "wg", "zt",
)  # fmt: skip
# Reserved for documents: there is no such machine, but the system says which way it would go.
ELSEWHERE = ("192.0.2.1", 9)


def local_addresses() -> list[str]:
    """IPv4 addresses for people in the same network, the likeliest first; empty without a network."""
    found: list[str] = []
    doubtful: list[str] = []
    likeliest = _way_out()
    for adapter in ifaddr.get_adapters():
        for one in adapter.ips:
            if not isinstance(one.ip, str):
                continue
            address = ipaddress.ip_address(one.ip)
            if address.is_loopback or address.is_unspecified:
                continue
            is_doubtful = address.is_link_local or adapter.name.lower().startswith(VIRTUAL)
            (doubtful if is_doubtful else found).append(one.ip)
    unique = list(dict.fromkeys(found or doubtful))
    return sorted(unique, key=lambda address: address != likeliest)


def is_loopback(host: str) -> bool:
    """Whether a host name or address, with or without brackets, means this very machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_address(host: str) -> bool:
    """Whether this host is written as numbers, IPv4 or IPv6 in brackets."""
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _way_out() -> str:
    """The address from which packets would leave; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return ""
