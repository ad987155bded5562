"""Who sends and who gets: the data on both ends of a delivery.

*Reads*: nothing. *Writes*: nothing. *Next*: ``recipients`` and ``event_recipients`` make
``Recipient``s with what ``Sender`` says of the installation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from var_outreach.composing.facts import NetworkFacts
from var_outreach.tokens import Signer


@dataclass(frozen=True)
class Sender:
    """What the makers of links and entries need to know of the installation."""

    network: NetworkFacts
    organiser_name: str
    organiser_pattern: str
    """With ``{token}`` where the invitation's token goes, or plain."""
    uid_domain: str
    signer: Signer
    takes_early_answers: Callable[[str], bool]
    """Whether a kind of event is answered before its hours are known."""


@dataclass(frozen=True)
class Recipient:
    """One mailbox that gets one mailing, with all that is its own."""

    key: str
    """``invitation:12``, ``registration:31``, ``subscription:9`` or ``contact:5``."""
    occurrence: int
    variant: str
    address: str
    name: str
    places: dict[str, str]
    calendar: dict[str, Any] | None = None
    invitation_id: int | None = None
