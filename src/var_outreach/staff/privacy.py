"""What a person may ask of us (AVG art. 15 and 17): a copy of everything, and erasure.

*Reads*: everything that is kept of one person, in all stages. *Writes*: an erasure empties it, in
one transaction. *Next*: totals and the keyed hash of the address are all that stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from var_outreach.app import App
from var_outreach.audiences.erasure import forget_addresses, without_addresses
from var_outreach.errors import InputError, NotFound
from var_outreach.mailbox.forgetting import forget_messages
from var_outreach.mailbox.model import MailboxMessage
from var_outreach.message import checked_address
from var_outreach.outbox.erasure import forget_deliveries, stop_mail
from var_outreach.outbox.model import Mailing
from var_outreach.people.joining import contact_named
from var_outreach.people.model import (
    Contact,
    ContactAlias,
    Function,
    ListCheck,
    SuppressionReason,
)
from var_outreach.people.offices import office_words
from var_outreach.people.privacy import erase
from var_outreach.people.suppression import is_suppressed, lift
from var_outreach.programme.erasure import forget_speaker
from var_outreach.registrations.erasure import forget_person, leave_events
from var_outreach.registrations.model import PartnerAccess
from var_outreach.staff.person import check_person
from var_outreach.storage.redaction import redact, text_columns
from var_outreach.tokens import random_token


@dataclass
class ErasureReport:
    """What an erasure did; it names nobody."""

    contact_id: int
    left_events: list[str] = field(default_factory=list)
    """Keys of events ahead that the person was taken off."""
    vacant: list[str] = field(default_factory=list)
    """Offices that nobody holds any more."""
    without_mailbox: list[str] = field(default_factory=list)
    """Offices whose mail went to this person: name another mailbox, or call them."""
    mails_stopped: int = 0
    audiences: list[str] = field(default_factory=list)
    """Audiences that named the address."""
    in_programmes: int = 0
    """How often a programme named the person: take the name out of the file as well."""


def erase_person(app: App, who: str, *, by: str) -> ErasureReport:
    """Erase whoever has the address or the number ``who``; it cannot be undone.

    Raises NotFound for nobody, Conflict while a mail to them is on its way.
    """
    check_person(by)
    now = app.clock.now()
    with app.database.writing() as session:
        contact = contact_named(session, who)
        report = ErasureReport(contact.id)
        addresses, name = addresses_of(session, contact), contact.name
        words = [*addresses, *_full_name(name)]
        report.mails_stopped = stop_mail(session, contact, addresses)
        report.left_events = leave_events(session, contact, by=by, now=now)
        report.vacant = _offices(session, Function.holder_id == contact.id)
        report.without_mailbox = _offices(session, Function.secretariat_id == contact.id)
        for address in addresses:
            forget_messages(session, address)
        near = forget_person(session, contact, [*words, *([name] if name else [])])
        forget_deliveries(session, contact, addresses, words, near)
        report.in_programmes = forget_speaker(session, contact, words)
        report.audiences = forget_addresses(session, addresses)
        _forget_in_mailings(session, addresses)
        _close_list_checks(session, contact)
        _forget_elsewhere(session, contact, _full_name(name))
        erase(session, contact, signer=app.signer, now=now)
        session.flush()
        # Whatever file, note or subject line it may have come in by.
        redact(session, addresses, text_columns())
        session.expire_all()
    app.wake()
    return report


def lift_suppression(
    app: App, address: str, *, by: str, reason: SuppressionReason | None = None
) -> int:
    """Let mail go to ``address`` again; return how many reasons against it ended.

    An erasure is lifted only if ``reason`` names it. Raises NotFound if nothing stands against
    mail.
    """
    check_person(by)
    checked = checked_address(address)
    now = app.clock.now()
    with app.database.writing() as session:
        standing = is_suppressed(session, checked, signer=app.signer)
        if standing is None:
            raise NotFound(f"mail may go to '{checked}' already")
        if reason is None and standing is SuppressionReason.ERASURE:
            raise InputError(
                "this person asked to be erased",
                where=checked,
                remedy="Only if they ask for mail again: --reason erasure",
            )
        reasons = (
            [reason]
            if reason
            else [one for one in SuppressionReason if one is not SuppressionReason.ERASURE]
        )
        lifted = sum(
            lift(session, checked, now=now, signer=app.signer, reason=one) for one in reasons
        )
        if not lifted:
            raise NotFound(
                f"'{checked}' is not suppressed for that reason",
                remedy=f"The reason is: {standing.value}",
            )
    app.wake()
    return lifted


def addresses_of(session: Session, contact: Contact) -> list[str]:
    """Return the address of a person and those that they had before."""
    former = select(ContactAlias.address).where(ContactAlias.contact_id == contact.id)
    return [*([contact.address] if contact.address else []), *session.scalars(former)]


def _full_name(name: str) -> list[str]:
    """Return ``name`` if it can be looked for in other texts: "Secretariaat" cannot."""
    return [name] if len(name.split()) > 1 else []


def _offices(session: Session, condition: ColumnElement[bool]) -> list[str]:
    rows = session.scalars(select(Function).where(condition).order_by(Function.id))
    return [office_words(one) for one in rows]


def _forget_in_mailings(session: Session, addresses: Sequence[str]) -> None:
    for mailing in session.scalars(select(Mailing)):
        definition = mailing.audience.get("definition")
        if not definition or "include" not in definition:
            continue
        left = without_addresses(definition, addresses)
        if left != definition:
            # An approval was for the audience as it was: the next tick asks for it anew.
            mailing.audience = {**mailing.audience, "definition": left}
    session.flush()


def _close_list_checks(session: Session, contact: Contact) -> None:
    for check in session.scalars(select(ListCheck).where(ListCheck.contact_id == contact.id)):
        check.token = random_token()
    session.flush()


def _forget_elsewhere(session: Session, contact: Contact, full_name: Sequence[str]) -> None:
    sources, access = Contact.__table__, PartnerAccess.__table__
    redact(
        session,
        full_name,
        [sources.c.source],
        where=sources.c.organisation_id == contact.organisation_id,
    )
    redact(session, full_name, [access.c.name])
    redact(session, full_name, text_columns(MailboxMessage.__table__))  # type: ignore[arg-type]
    session.expire_all()
