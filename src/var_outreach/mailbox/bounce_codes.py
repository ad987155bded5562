"""What a refusal says of the address: wrong for good, or only today.

*Reads*: status codes and the words beside them. *Writes*: nothing. *Next*: ``mailbox/bounces.py``;
only what is hard here suppresses an address.

RFC 3463 sorts refusals by subject. Of the permanent ones only those about the address itself are
hard: a full mailbox, a policy, a message too big or a route that is down say nothing of it.
"""

from __future__ import annotations

import re

HARD = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})
"""No such mailbox, domain or address; moved; null MX; disabled; host not found."""

_GENERAL = frozenset({"", "5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.4.0", "5.5.0"})
"""Codes that say no more than "refused": here the words decide."""

_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(
    r"(?<![\d.:/-])([45]\d\d)(?=[ \-#,:;)(]|$)(?!\s*(?:bytes|kb|mb|hours|days))", re.M
)
_NOT_THE_ADDRESS = re.compile(
    r"(quota|mailbox (is )?full|over ?limit|too (large|big)|spam|blocked|black ?list|block ?list"
    r"|policy|reputation|virus|dmarc|spf|dkim|sender (address )?(rejected|denied)|not allowed"
    r"|not authori[sz]ed|relay|greylist|rate limit|too many|temporar|try again|timed? ?out"
    r"|connection|content|too quickly|at a rate)",
    re.IGNORECASE,
)
_WRONG_ADDRESS = re.compile(
    r"(user unknown|unknown (user|recipient|address|alias|local|or illegal)|no such (user|mailbox"
    r"|recipient|person|address|domain|host)|(does|do) ?n[o']t exist|not exist"
    r"|(user|recipient|mailbox|account|address|host|domain)(?: \S+){0,2} (was )?not found"
    r"|invalid (recipient|mailbox|user|address)|recipient (address )?rejected|bad destination"
    r"|mailbox (unavailable|is disabled|disabled|not available|unknown)"
    r"|(account|mailbox|user)(?: \S+){0,3} (disabled|inactive|deactivated|closed|suspended)"
    r"|not a (known|valid) (user|address|mailbox|recipient)|n[o']t have an? \S+ account|adres bestaat niet"
    r"|unrouteable address|onbekende (gebruiker|ontvanger)|address(?:ee)? unknown"
    r"|no mailbox here|no longer (valid|available))",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"(delivery (status notification )?\(?delay|has been delayed|delayed \d+ hours|still being retried"
    r"|not yet been delivered|will (be )?(continue|retried|keep trying)|nog niet (bezorgd|afgeleverd)"
    r"|this is a warning message only|vertraagd)",
    re.IGNORECASE,
)


def enhanced_status(status: str, diagnostic: str) -> str:
    """Return the status of RFC 3463, "5.1.1"; from the words if they say more than the field."""
    field = _ENHANCED.search(status)
    words = _ENHANCED.search(diagnostic)
    if field is None:
        return words[1] if words else ""
    if words is not None and field[1] in _GENERAL and words[1][0] == field[1][0]:
        return words[1]
    return field[1]


def reply_code(text: str) -> int | None:
    """Return the SMTP reply code of a refusal in ``text``, 4xx or 5xx; None if there is none."""
    match = _REPLY.search(text)
    return int(match[1]) if match else None


def is_hard(status: str, code: int | None, words: str) -> bool:
    """Tell whether the address itself is wrong, so that nothing should go to it again."""
    if status.startswith(("2", "4")) or (not status and code is not None and code < 500):
        return False
    if status in HARD - _GENERAL - {"5.2.1"}:
        return True
    if status not in _GENERAL | HARD or _NOT_THE_ADDRESS.search(words):
        return False
    return status in HARD or _WRONG_ADDRESS.search(words) is not None


def says_delayed(text: str) -> bool:
    """Tell whether a report in words says that the server goes on trying."""
    return _DELAYED.search(text) is not None
