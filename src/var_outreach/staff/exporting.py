"""A copy of all that is kept of one person (AVG art. 15), for a program and for the person.

*Reads*: everything that is kept of one person, in all stages. *Writes*: nothing. *Next*: ``cli``
writes it to a file that staff send.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from var_outreach.app import App
from var_outreach.audiences.store import list_audiences
from var_outreach.mailbox.model import MailboxMessage
from var_outreach.outbox.erasure import deliveries_to
from var_outreach.people.joining import contact_named
from var_outreach.people.model import Contact, ContactJoin, Function, ListCheck
from var_outreach.people.privacy import export_person as export_contact
from var_outreach.programme.erasure import export_programme
from var_outreach.registrations.model import Invitation, Registration
from var_outreach.registrations.store import history
from var_outreach.staff.list_checks import correction_words
from var_outreach.staff.privacy import addresses_of

LABELS = {
    "name": "Naam",
    "address": "E-mailadres",
    "former_addresses": "Eerdere e-mailadressen",
    "language": "Taal",
    "organisation": "Organisatie",
    "source": "Waar wij het adres van hebben",
    "legal_basis": "Grondslag",
    "created_at": "Bekend sinds",
    "guest_until": "Gast tot en met",
    "topics": "Thema's",
    "functions": "Functies",
    "subscriptions": "Nieuwsbrief",
    "suppressions": "Niet mailen",
    "answers": "Uitnodigingen en antwoorden",
    "named_persons": "Wie u hebt opgegeven",
    "workshops": "Workshops",
    "talks": "Als spreker",
    "mails": "Mails aan u",
    "received": "Berichten van u",
    "list_checks": "Vragen of een lijst klopt",
    "audiences": "Groepen waarin uw adres staat",
    "joined_at": "Samengevoegd met een dubbele regel op",
}
"""What a part is called in the copy that a person reads; others keep their own name."""


def export_person(app: App, who: str) -> dict[str, Any]:
    """Return all that is kept of whoever has the address or number ``who``, as JSON values.

    Raises NotFound for nobody.
    """
    with app.database.reading() as session:
        contact = contact_named(session, who)
        addresses = addresses_of(session, contact)
        rows = _registrations(session, contact)
        return {
            **export_contact(session, contact),
            "answers": [_answer(session, row) for row in rows],
            "named_persons": _named(session, [row.id for row in rows]),
            **export_programme(session, contact, [row.id for row in rows]),
            "mails": _mails(session, contact, addresses),
            "received": _received(session, addresses),
            "list_checks": _list_checks(session, contact),
            "audiences": _audiences(session, addresses),
            "joined_at": [
                moment.isoformat()
                for moment in session.scalars(
                    select(ContactJoin.joined_at).where(ContactJoin.kept_id == contact.id)
                )
            ],
        }


def readable(data: Any, depth: int = 0) -> list[str]:
    """Return an export as lines of plain text in Dutch; what is empty is left out."""
    lines: list[str] = []
    pad = "    " * depth
    if isinstance(data, dict):
        for key, value in data.items():
            if value in (None, "", [], {}):
                continue
            label = LABELS.get(key, key.replace("_", " "))
            if isinstance(value, dict | list) and not _is_plain(value):
                lines += [f"{pad}{label}:", *readable(value, depth + 1)]
            else:
                shown = ", ".join(str(one) for one in value) if isinstance(value, list) else value
                lines.append(f"{pad}{label}: {shown}")
    elif isinstance(data, list):
        for number, one in enumerate(data, 1):
            lines += [f"{pad}{number}.", *readable(one, depth + 1)]
    else:
        lines.append(f"{pad}{data}")
    return lines


def _is_plain(value: object) -> bool:
    return isinstance(value, list) and not any(isinstance(one, dict | list) for one in value)


def _registrations(session: Session, contact: Contact) -> Sequence[Registration]:
    mailbox = select(Invitation.id).where(Invitation.contact_id == contact.id)
    held = select(Function.id).where(Function.holder_id == contact.id)
    return session.scalars(
        select(Registration)
        .where(
            or_(
                Registration.invitation_id.in_(mailbox),
                Registration.contact_id == contact.id,
                Registration.function_id.in_(held),
            )
        )
        .order_by(Registration.id)
    ).all()


def _answer(session: Session, row: Registration) -> dict[str, Any]:
    function = row.function
    office = f"{function.role} {function.portfolio}".strip() if function is not None else ""
    return {
        "event": row.event.title,
        "date": row.event.on_date.isoformat() if row.event.on_date else None,
        "office": office,
        "state": row.state.value,
        "who_comes": row.attendee_name,
        "as": row.attendee_function,
        "answered_by": row.answered_by,
        "answered_at": _moment(row.answered_at),
        "answered_via": row.answered_via,
        "note": row.note,
        "diet": row.diet,
        "replies": dict(row.replies),
        "history": [
            {
                "at": change.at.isoformat(),
                "state": change.after.value,
                "by": change.by,
                "via": change.via,
                "comment": change.comment,
            }
            for change in history(session, row.id)
        ],
    }


def _named(session: Session, ids: Sequence[int]) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(Registration).where(Registration.brought_by_id.in_(ids)).order_by(Registration.id)
    )
    return [{"event": row.event.title, "name": row.attendee_name} for row in rows]


def _mails(session: Session, contact: Contact, addresses: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "mail": row.mailing.kind,
            "about": row.mailing.subject_key,
            "to": row.address,
            "state": row.state.value,
            "sent_at": _moment(row.sent_at),
            "reply": row.reply_text,
        }
        for row in deliveries_to(session, contact, addresses)
    ]


def _received(session: Session, addresses: Sequence[str]) -> list[dict[str, Any]]:
    lowered = [address.lower() for address in addresses]
    if not lowered:
        return []
    rows = session.scalars(
        select(MailboxMessage)
        .where(
            or_(
                func.lower(MailboxMessage.recipient).in_(lowered),
                *(
                    func.lower(MailboxMessage.sender).contains(one, autoescape=True)
                    for one in lowered
                ),
            )
        )
        .order_by(MailboxMessage.id)
    )
    return [
        {
            "read_at": row.read_at.isoformat(),
            "kind": row.kind.value,
            "from": row.sender,
            "subject": row.subject,
            "what_was_done": row.verdict,
            "comment": row.comment,
        }
        for row in rows
    ]


def _list_checks(session: Session, contact: Contact) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(ListCheck).where(ListCheck.contact_id == contact.id).order_by(ListCheck.id)
    )
    return [
        {
            "organisation": row.organisation.name,
            "asked_at": row.asked_at.isoformat(),
            "until": row.until_on.isoformat(),
            "answered_at": _moment(row.answered_at),
            "corrections": correction_words(session, row.corrections),
        }
        for row in rows
    ]


def _audiences(session: Session, addresses: Sequence[str]) -> list[str]:
    wanted = {address.lower() for address in addresses}
    return [
        one.name
        for one in list_audiences(session)
        if any(
            address.lower() in wanted
            for line in (*one.include, *one.exclude)
            for address in line.contacts
        )
    ]


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
