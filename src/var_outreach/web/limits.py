"""How often a public form may be used, and how long its answer takes.

*Reads*: the moment that it is given. *Writes*: counters in memory. *Next*: the pages that anybody
may send in ask here first.

The counters guard against list bombing: somebody's address entered a thousand times, or a
thousand addresses from one place. They live in the process; a restart forgets them.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

MAX_KEYS = 20_000
"""Keys remembered a rule; past it the oldest is forgotten, so that memory has an end."""


@dataclass
class Rule:
    """At most ``count`` uses of one key within ``window``."""

    count: int
    window: timedelta
    _uses: dict[str, deque[datetime]] = field(default_factory=dict)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, key: str, now: datetime) -> bool:
        """Count one use of ``key`` at ``now`` and tell whether it is within the rule."""
        with self._mutex:
            uses = self._uses.pop(key, None) or deque()
            while uses and uses[0] <= now - self.window:
                uses.popleft()
            allowed = len(uses) < self.count
            if allowed:
                uses.append(now)
            self._uses[key] = uses
            if len(self._uses) > MAX_KEYS:
                del self._uses[next(iter(self._uses))]
            return allowed


@dataclass
class Limits:
    """The rules of the public forms."""

    per_ip: Rule = field(default_factory=lambda: Rule(30, timedelta(hours=1)))
    """An office behind one address may register its people."""
    per_domain: Rule = field(default_factory=lambda: Rule(60, timedelta(hours=1)))
    per_address: Rule = field(default_factory=lambda: Rule(3, timedelta(hours=24)))

    def too_many(self, ip: str, address: str, now: datetime) -> bool:
        """Tell whether the sender must wait: too many from one place or to one domain."""
        domain = address.rpartition("@")[2].lower()
        return not (self.per_ip.allows(_place(ip), now) and self.per_domain.allows(domain, now))

    def spare(self, address: str, now: datetime) -> bool:
        """Tell whether ``address`` got enough mail of ours; the page must not show it."""
        return not self.per_address.allows(address.lower(), now)

    def refuses_named(self, ip: str, addresses: Iterable[str], now: datetime) -> bool:
        """Tell whether who names or drops ``addresses`` on one form must wait; all of them count.

        One form goes through whole where the place has any use left: an office that names many
        could never send it otherwise. After it that place waits.
        """
        named = sorted({address.lower() for address in addresses})
        from_place = [self.per_ip.allows(_place(ip), now) for _ in named]
        to_domain = [self.per_domain.allows(one.rpartition("@")[2], now) for one in named]
        spared = [self.spare(one, now) for one in named]
        return not all((*from_place[:1], *to_domain)) or any(spared)


def _place(ip: str) -> str:
    """Return what one sender holds: an IPv4 address, or the /64 that an IPv6 line is given."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            # So a socket for both kinds names an IPv4 caller; as a /64 all of them would be one.
            return str(address.ipv4_mapped)
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address)


@contextmanager
def taking(seconds: float) -> Iterator[None]:
    """Let the block take at least ``seconds``, so that its time tells nothing of what it found."""
    started = time.monotonic()
    try:
        yield
    finally:
        time.sleep(max(0.0, started + seconds - time.monotonic()))
