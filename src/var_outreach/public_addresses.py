"""Which IP addresses are public, so that a fetch never reaches what only we can reach.

*Reads*: the resolver. *Writes*: nothing. *Next*: ``fetch`` refuses a host when any of its
addresses is refused here.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

Resolver = Callable[[str, int], list[str]]

# RFC 6890 and the IANA special-purpose registries. For IPv6 only 2000::/3 is given out as global
# unicast: everything outside it is refused at once, which covers ::1, ::127.0.0.1, IPv4-mapped,
# NAT64 (64:ff9b::/96), ULA, link-local and multicast.
_REFUSED_V4 = tuple(
    (ip_network(net), why)
    for net, why in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a provider's customers"),
        ("127.0.0.0/8", "this machine itself"),
        ("168.63.129.16/32", "a cloud provider's control address"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "6to4"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_GLOBAL_V6 = ip_network("2000::/3")
_REFUSED_V6 = tuple(
    (ip_network(net), why)
    for net, why in (
        ("2001::/23", "reserved (Teredo and others)"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "for documentation"),
    )
)


def system_resolver(host: str, port: int) -> list[str]:
    """Return every address of ``host``, in the system's order. Raises: OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def refused_because(address: str) -> str | None:
    """Return why ``address`` (an IP address as text) is not a public one, or None if it is."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "not an IP address"
    if isinstance(ip, IPv6Address):
        if ip.scope_id is not None or ip not in _GLOBAL_V6:
            return "not a global IPv6 address"
        return next((why for net, why in _REFUSED_V6 if ip in net), None)
    return next((why for net, why in _REFUSED_V4 if ip in net), None)
