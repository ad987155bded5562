"""Says which mails follow from a change of offices, before any of them is made.

*Reads*: registrations as they now stand, mailings, suppression. *Writes*: nothing. *Next*: the
report of ``staff/functions.py`` shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.outbox.model import Mailing, MailingState
from var_outreach.people.suppression import suppressed_addresses
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.tokens import Signer

AT_ONCE = "at once"
WITHIN_THE_HOUR = "within the hour"
WITH_THE_INVITATION = "with the invitation, when it is released"
TOO_MANY = "as soon as staff release the invitation again"
CLOSED = "not by mail: the invitation is closed, so call"
SUPPRESSED = "not by mail: nothing goes to this address, so call"


@dataclass(frozen=True)
class MailLine:
    """One mail that follows."""

    to: str
    kind: str
    calendar: str
    """REQUEST or CANCEL, or nothing."""
    goes: str


def mails_of(
    session: Session,
    event: Event,
    touched: Iterable[Registration],
    *,
    signer: Signer,
    now: datetime,
) -> list[MailLine]:
    """Return the mails about ``event`` that the ``touched`` registrations bring about."""
    by_mailbox: dict[int, list[Registration]] = {}
    for registration in touched:
        by_mailbox.setdefault(registration.invitation_id, []).append(registration)
    lines: list[MailLine] = []
    opens = _invitation_goes(session, event, now)
    for invitation_id, rows in by_mailbox.items():
        invitation = session.get_one(Invitation, invitation_id)
        address = invitation.contact.address
        if address is None:
            continue
        blocked = bool(suppressed_addresses(session, [address], signer=signer))
        everyone = session.scalars(
            select(Registration).where(Registration.invitation_id == invitation_id)
        ).all()
        lines += [
            MailLine(address, kind, calendar, SUPPRESSED if blocked else goes)
            for kind, calendar, goes in _of_mailbox(rows, everyone, opens)
        ]
    return lines


def _of_mailbox(
    rows: Sequence[Registration], everyone: Sequence[Registration], opens: str
) -> list[tuple[str, str, str]]:
    found = []
    untold = [row for row in rows if row.version > row.notified_version]
    if any(row.state is RegistrationState.CANCELLED for row in untold):
        shared = any(row.state is not RegistrationState.CANCELLED for row in everyone)
        found.append((MailKind.WITHDRAWAL.value, "" if shared else "CANCEL", AT_ONCE))
    invited = [row for row in rows if row.state is RegistrationState.INVITED]
    # A mailbox that the withdrawal tells of its new office gets no second mail.
    if any(row.version == 0 or row.version > row.notified_version for row in invited):
        found.append((MailKind.INVITATION.value, "REQUEST", opens))
    return found


def _invitation_goes(session: Session, event: Event, now: datetime) -> str:
    mailing = session.scalar(
        select(Mailing).where(Mailing.key == f"{MailKind.INVITATION}:{event.key}")
    )
    if mailing is None or mailing.enqueued_at is None:
        return WITH_THE_INVITATION
    if mailing.state is MailingState.HELD:
        return TOO_MANY
    is_open = mailing.expires_at is None or now < mailing.expires_at
    if mailing.state is MailingState.SENDING and is_open:
        return WITHIN_THE_HOUR
    return CLOSED
