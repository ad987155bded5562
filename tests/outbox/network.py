"""One event, and offices of which three are reached at one mailbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.outbox.scene import Outbox
from tests.registrations.scene import Scene
from var_outreach.agenda.store import change_event
from var_outreach.audiences.definition import AudienceDefinition, Selector
from var_outreach.outbox.sender import Recipient
from var_outreach.people.model import Contact, Function, Organisation
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.answers import Answer, record_answer, reopen_after_move
from var_outreach.registrations.model import Invitation, Registration, RegistrationState

ACCEPTED, DECLINED, TENTATIVE, CANCELLED, INVITED = (
    RegistrationState.ACCEPTED,
    RegistrationState.DECLINED,
    RegistrationState.TENTATIVE,
    RegistrationState.CANCELLED,
    RegistrationState.INVITED,
)
ALL_OFFICES = AudienceDefinition("allen", "Allen", (Selector(organisation_kinds=("gemeente",)),))
READERS = AudienceDefinition("lezers", "Lezers", (Selector(list="nieuwsbrief"),))
INVITEES = AudienceSpec(AudienceKind.INVITEES, "allen")
NOTICES = AudienceSpec(AudienceKind.NOTICES)
OUTDATED = AudienceSpec(AudienceKind.OUTDATED)


class Network:
    """One event; offices of which three are reached at one mailbox."""

    def __init__(self, outbox: Outbox, scene: Scene, session: Session, **fields: Any) -> None:
        self.outbox, self.scene, self.session = outbox, scene, session
        self.event = scene.event(session, **fields)
        self.town = Organisation(key="dordrecht", name="Gemeente Dordrecht", kind="gemeente")
        session.add(self.town)
        self.desk = scene.contact(session, "Bestuurssecretariaat")
        self.mayor = scene.contact(session, "Marit Voorbeeld")
        self.office("burgemeester", holder=self.mayor)
        for portfolio in ("jeugd", "zorg", "wonen"):
            self.office("wethouder", portfolio, secretariat=self.desk)

    def office(self, role: str, portfolio: str = "", **fields: Any) -> Function:
        function = Function(organisation=self.town, role=role, portfolio=portfolio, **fields)
        self.session.add(function)
        self.session.flush()
        return function

    def invited(self, **fields: Any) -> list[Recipient]:
        return self.outbox.recipients(
            self.session,
            MailKind.INVITATION,
            INVITEES,
            event=self.event,
            definition=ALL_OFFICES,
            **fields,
        )

    def told(self, kind: MailKind) -> list[Recipient]:
        return self.outbox.recipients(self.session, kind, NOTICES, event=self.event)

    def outdated(self, kind: MailKind = MailKind.UPDATE) -> list[Recipient]:
        return self.outbox.recipients(self.session, kind, OUTDATED, event=self.event)

    def rows(self, contact: Contact) -> list[Registration]:
        query = select(Registration).where(Registration.contact_id == contact.id)
        return list(self.session.scalars(query.order_by(Registration.id)))

    def invitation(self, contact: Contact) -> Invitation:
        query = select(Invitation).where(Invitation.contact_id == contact.id)
        return self.session.scalars(query).one()

    def answer(self, row: Registration, choice: RegistrationState, via: str = "page") -> None:
        record_answer(
            self.session, row, Answer(choice, "Marit Voorbeeld"), via=via,
            now=self.outbox.clock.now(),
        )  # fmt: skip

    def change(self, **fields: Any) -> None:
        before = self.event.date_revision
        change_event(self.session, self.event, fields, by="staf", now=self.outbox.clock.now())
        if self.event.date_revision != before:
            reopen_after_move(self.session, self.event, now=self.outbox.clock.now())
