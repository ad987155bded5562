"""The call list: who did not answer, and whom no mail can reach.

*Reads*: registrations, what became of their mail, suppressions, the offices that are meant.
*Writes*: nothing. *Next*: somebody telephones.

A line is an office, not a mailbox: where a shared address bounces, every office behind it stands
here. Who gave up a place or is represented is left in peace; who comes but cannot be reached is
called too, for a change of place would never get there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.model import Event
from var_outreach.audiences.definition import AudienceDefinition
from var_outreach.audiences.selection import OfficeSelection
from var_outreach.outbox.model import Delivery, DeliveryState
from var_outreach.people.model import Contact, Function, SuppressionReason
from var_outreach.people.store import mailbox_of
from var_outreach.people.suppression import suppressed_addresses
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.reporting.guests import (
    function_of,
    name_of,
    office_words,
    organisation_of,
    withdrawn_registrations,
)
from var_outreach.reporting.sheet import Column, Heading, Section, Sheet, capital, counted
from var_outreach.reporting.surnames import folded_name, surname_key
from var_outreach.tokens import Signer


class Reason(StrEnum):
    """Why somebody is to be called; the value is what stands on the list."""

    NO_MAILBOX = "geen mailadres"
    BOUNCED = "mail kwam terug"
    FAILED = "mail is geweigerd"
    COMPLAINT = "meldde onze mail als spam"
    ASKED_NOT = "wil geen mail van ons"
    NOT_SENT = "uitnodiging is nog niet verstuurd"
    SILENT = "geen antwoord"


_CALLED = frozenset(
    {
        RegistrationState.INVITED,
        RegistrationState.TENTATIVE,
        RegistrationState.WAITLISTED,
        RegistrationState.ACCEPTED,
    }
)
_OF_SUPPRESSION = {
    SuppressionReason.HARD_BOUNCE: Reason.BOUNCED,
    SuppressionReason.COMPLAINT: Reason.COMPLAINT,
    SuppressionReason.REQUEST: Reason.ASKED_NOT,
    SuppressionReason.ERASURE: Reason.ASKED_NOT,
}
_ANSWERS = {
    RegistrationState.INVITED: "",
    RegistrationState.TENTATIVE: "misschien",
    RegistrationState.WAITLISTED: "wachtlijst",
    RegistrationState.ACCEPTED: "komt",
}


@dataclass(frozen=True)
class Call:
    """Somebody to call."""

    registration_id: int | None
    """None for an office that could not even be invited."""
    office: str
    """The office, or what the person is called."""
    organisation: str
    name: str
    """Who holds it, or who would come."""
    secretariat: str
    """Who keeps the diary, where that is somebody else."""
    address: str
    reason: Reason
    answer: str
    """What they answered all the same."""


def call_list(
    session: Session,
    event: Event,
    *,
    audience: AudienceDefinition | None,
    on_date: date,
    signer: Signer,
) -> tuple[Call, ...]:
    """Return whom to call about ``event``, by organisation; the unreachable before the silent.

    ``audience`` adds the offices of ``on_date`` that are meant but have no mailbox that works, so
    that they were never invited; None leaves them out.
    """
    rows = _registrations(session, event)
    troubles = _troubles(session, rows, signer)
    calls = [
        _call(row, reason)
        for row in rows
        if (reason := _reason(row, troubles.get(row.invitation_id))) is not None
    ]
    if audience is not None:
        invited = set(
            session.scalars(
                select(Registration.function_id).where(
                    Registration.event_id == event.id, Registration.function_id.is_not(None)
                )
            )
        )
        calls += _never_invited(session, audience, invited, on_date, signer)
    return tuple(sorted(calls, key=_order))


def calls_as_sheet(calls: Sequence[Call], heading: Heading) -> Sheet:
    """Return one table of whom no mail reaches and one of who is silent."""
    columns = (
        Column("Organisatie", 2),
        Column("Functie", 2),
        Column("Naam", 2),
        Column("Secretariaat", 2),
        Column("Mailadres", 2.4),
        Column("Reden", 1.8),
        Column("Antwoord", 1),
    )
    quiet = {Reason.SILENT, Reason.NOT_SENT}
    tables = (
        ("Niet bereikbaar per mail", [one for one in calls if one.reason not in quiet]),
        ("Nog geen antwoord", [one for one in calls if one.reason in quiet]),
    )
    sections = tuple(
        Section(caption, columns, tuple(_cells(one) for one in some), named_by=1)
        for caption, some in tables
    )
    remark = counted(
        len(calls), "functie of persoon om te bellen.", "functies of personen om te bellen."
    )
    return Sheet("bellijst", "Bellijst", heading, sections, (remark,))


def _registrations(session: Session, event: Event) -> list[Registration]:
    withdrawn = withdrawn_registrations(session, event)
    rows = session.scalars(
        select(Registration)
        .options(
            joinedload(Registration.function).joinedload(Function.organisation),
            joinedload(Registration.function).joinedload(Function.holder),
            joinedload(Registration.function).joinedload(Function.secretariat),
            joinedload(Registration.organisation),
            joinedload(Registration.contact).joinedload(Contact.organisation),
            joinedload(Registration.invitation).joinedload(Invitation.contact),
        )
        .where(Registration.event_id == event.id, Registration.state.in_(_CALLED))
        .order_by(Registration.id)
    )
    return [row for row in rows if row.id not in withdrawn]


def _troubles(session: Session, rows: Sequence[Registration], signer: Signer) -> dict[int, Reason]:
    """Return why an invitation's mailbox cannot be reached, by the invitation's id."""
    invitations = {row.invitation_id: row.invitation for row in rows}
    addresses = {one.contact.address for one in invitations.values() if one.contact.address}
    suppressed = suppressed_addresses(session, sorted(addresses), signer=signer)
    last = _last_deliveries(session, rows)
    found: dict[int, Reason] = {}
    for key, invitation in invitations.items():
        address = invitation.contact.address
        if address is None:
            found[key] = Reason.NO_MAILBOX
        elif address in suppressed:
            found[key] = _OF_SUPPRESSION[suppressed[address]]
        elif (delivery := last.get(key)) and delivery.address.lower() == address.lower():
            if delivery.bounced_at is not None:
                found[key] = Reason.BOUNCED
            elif delivery.state is DeliveryState.FAILED:
                found[key] = Reason.FAILED
    return found


def _last_deliveries(session: Session, rows: Sequence[Registration]) -> dict[int, Delivery]:
    """Return the newest mail about each invitation that had an outcome."""
    if not rows:
        return {}
    found: dict[int, Delivery] = {}
    for delivery in session.scalars(
        select(Delivery)
        .join(Invitation, Invitation.id == Delivery.invitation_id)
        .where(
            Invitation.event_id == rows[0].event_id,
            or_(
                Delivery.state.in_((DeliveryState.SENT, DeliveryState.FAILED)),
                Delivery.bounced_at.is_not(None),
            ),
        )
        .order_by(Delivery.id)
    ):
        assert delivery.invitation_id is not None
        found[delivery.invitation_id] = delivery
    return found


def _reason(row: Registration, trouble: Reason | None) -> Reason | None:
    if trouble is not None:
        return trouble
    if row.state is not RegistrationState.INVITED:
        return None
    return Reason.NOT_SENT if row.invitation.revision_sent < 0 else Reason.SILENT


def _call(row: Registration, reason: Reason) -> Call:
    organisation = organisation_of(row)
    mailbox = row.invitation.contact
    return Call(
        registration_id=row.id,
        office=capital(function_of(row)),
        organisation=organisation.name if organisation else "",
        name=name_of(row),
        secretariat=_secretariat(row.function, mailbox),
        address=mailbox.address or "",
        reason=reason,
        answer=_ANSWERS[row.state],
    )


def _secretariat(function: Function | None, mailbox: Contact) -> str:
    if function is None:
        return ""
    if function.secretariat is not None:
        return function.secretariat.name
    return "" if function.holder_id in {None, mailbox.id} else mailbox.name


def _never_invited(
    session: Session,
    audience: AudienceDefinition,
    invited: Iterable[int | None],
    on_date: date,
    signer: Signer,
) -> list[Call]:
    offices = OfficeSelection(session, audience, on_date)
    kept_away = {function.id for function in offices.matching(audience.exclude)}
    meant = [
        function
        for function in offices.matching(audience.include)
        if function.id not in kept_away and function.id not in set(invited)
    ]
    boxes = {function.id: mailbox_of(function) for function in meant}
    addresses = {box.address for box in boxes.values() if box is not None and box.address}
    suppressed = suppressed_addresses(session, sorted(addresses), signer=signer)
    calls = []
    for function in meant:
        box = boxes[function.id]
        call = Call(
            registration_id=None,
            office=capital(office_words(function)),
            organisation=function.organisation.name,
            name=function.holder.name if function.holder else "",
            secretariat=function.secretariat.name if function.secretariat else "",
            address=(box.address if box else None) or "",
            reason=Reason.NO_MAILBOX,
            answer="",
        )
        if not call.address:
            calls.append(call)
        elif call.address in suppressed:
            calls.append(replace(call, reason=_OF_SUPPRESSION[suppressed[call.address]]))
    return calls


def _order(call: Call) -> tuple[bool, str, str, tuple[bool, str, str, str, str], int]:
    organisation = folded_name(call.organisation).removeprefix("gemeente ")
    quiet = call.reason in {Reason.SILENT, Reason.NOT_SENT}
    return (quiet, organisation, call.office, surname_key(call.name), call.registration_id or 0)


def _cells(call: Call) -> tuple[str, ...]:
    return (
        call.organisation,
        call.office,
        call.name,
        call.secretariat,
        call.address,
        capital(call.reason),
        call.answer,
    )
