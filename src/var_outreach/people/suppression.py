"""Addresses to which nothing may go.

*Reads*: suppressions. *Writes*: suppressions. *Next*: audiences leave these addresses out, and
dispatch looks again before it sends.

An address is found by a keyed hash of its lowercase form, which stays when a person is erased.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from var_outreach.message import checked_address
from var_outreach.people.model import Contact, ContactAlias, Suppression, SuppressionReason
from var_outreach.tokens import Signer

_PURPOSE = "address"
_BATCH = 500
_WISHES = (SuppressionReason.COMPLAINT, SuppressionReason.REQUEST)


def fingerprint_of(address: str, signer: Signer) -> str:
    """Return the keyed hash by which ``address`` is found, in whatever case it is written."""
    return signer.fingerprint(_PURPOSE, address.lower())


def suppress(
    session: Session,
    address: str,
    reason: SuppressionReason,
    *,
    evidence: dict[str, Any] | None,
    now: datetime,
    signer: Signer,
) -> Suppression:
    """Let nothing go to ``address`` any more; for the same reason again it changes nothing.

    An erasure keeps neither the address nor the evidence. Raises HeaderError if ``address`` is
    not a mail address.
    """
    address = checked_address(address)
    fingerprint = fingerprint_of(address, signer)
    known = session.scalar(
        select(Suppression).where(
            Suppression.fingerprint == fingerprint,
            Suppression.reason == reason,
            Suppression.lifted_at.is_(None),
        )
    )
    if known is not None:
        return known
    erased = reason is SuppressionReason.ERASURE
    suppression = Suppression(
        fingerprint=fingerprint,
        address=None if erased else address,
        reason=reason,
        at=now,
        evidence=None if erased else evidence,
    )
    session.add(suppression)
    session.flush()
    if reason in _WISHES:
        present = session.scalar(
            select(Contact.address)
            .join(ContactAlias, ContactAlias.contact_id == Contact.id)
            .where(func.lower(ContactAlias.address) == address.lower())
        )
        if present is not None:
            # A former address: it is the person who wants no mail.
            suppress(session, present, reason, evidence=evidence, now=now, signer=signer)
    return suppression


def is_suppressed(session: Session, address: str, *, signer: Signer) -> SuppressionReason | None:
    """Return why nothing may go to ``address``, or None if mail may."""
    return suppressed_addresses(session, [address], signer=signer).get(address)


def suppressed_addresses(
    session: Session,
    addresses: Iterable[str],
    *,
    signer: Signer,
    reason: SuppressionReason | None = None,
) -> dict[str, SuppressionReason]:
    """Return which of ``addresses`` (as they are written) are suppressed, and the first reason.

    With ``reason`` only what is suppressed for that reason counts.
    """
    by_fingerprint: dict[str, list[str]] = {}
    for address in addresses:
        by_fingerprint.setdefault(fingerprint_of(address, signer), []).append(address)
    fingerprints = list(by_fingerprint)
    found: dict[str, SuppressionReason] = {}
    for start in range(0, len(fingerprints), _BATCH):
        batch = {"fingerprints": fingerprints[start : start + _BATCH]}
        for fingerprint, because in session.execute(_AMONG, batch):
            if reason is not None and because is not reason:
                continue
            for address in by_fingerprint[fingerprint]:
                found.setdefault(address, because)
    return found


def suppressed_fingerprints(session: Session) -> dict[str, SuppressionReason]:
    """Return every fingerprint in force with its first reason, for going through many readers."""
    found: dict[str, SuppressionReason] = {}
    for fingerprint, reason in session.execute(_in_force()):
        found.setdefault(fingerprint, reason)
    return found


def lift(
    session: Session,
    address: str,
    *,
    now: datetime,
    signer: Signer,
    reason: SuppressionReason | None = None,
) -> int:
    """Let mail go to ``address`` again; return how many suppressions ended.

    With ``reason`` only those for that reason end. The rows stay, as a record.
    """
    query = select(Suppression).where(
        Suppression.fingerprint == fingerprint_of(checked_address(address), signer),
        Suppression.lifted_at.is_(None),
    )
    if reason is not None:
        query = query.where(Suppression.reason == reason)
    rows = session.scalars(query).all()
    for row in rows:
        row.lifted_at = now
    session.flush()
    return len(rows)


def _in_force() -> Select[str, SuppressionReason]:
    return (
        select(Suppression.fingerprint, Suppression.reason)
        .where(Suppression.lifted_at.is_(None))
        .order_by(Suppression.id)
    )


_AMONG = _in_force().where(Suppression.fingerprint.in_(bindparam("fingerprints", expanding=True)))
"""Made once: it is asked for every few deliveries."""
