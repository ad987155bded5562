"""One event with people of every sort, on which the lists can be read."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.agenda.model import Event
from var_outreach.people.model import Contact, Function, Organisation
from var_outreach.programme.model import ChoiceState, Round, Speaker, Workshop, WorkshopChoice
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.registrations.waiting import record_change
from var_outreach.tokens import random_token

S = RegistrationState
_number = itertools.count(1)


@dataclass
class Lists(Scene):
    """Makes whom the lists are about."""

    def organisation(
        self, session: Session, name: str, kind: str = "gemeente", **fields: Any
    ) -> Organisation:
        found = Organisation(key=f"organisatie-{next(_number)}", name=name, kind=kind, **fields)
        session.add(found)
        session.flush()
        return found

    def holder(
        self,
        session: Session,
        organisation: Organisation,
        role: str,
        name: str = "",
        *,
        portfolio: str = "",
        secretariat: Contact | None = None,
        has_mailbox: bool = True,
    ) -> Function:
        """Return an office with its holder."""
        contact = self.contact(session, name) if name else None
        if contact is not None:
            contact.organisation = organisation
            if not has_mailbox:
                contact.address = None
        function = Function(
            organisation=organisation,
            role=role,
            portfolio=portfolio,
            holder=contact,
            secretariat=secretariat,
        )
        session.add(function)
        session.flush()
        return function

    def office_invited(
        self, session: Session, event: Event, *functions: Function, state: S = S.INVITED
    ) -> list[Registration]:
        """Invite offices at one mailbox: the secretariat's, else the first holder's."""
        mailbox = functions[0].secretariat or functions[0].holder
        assert mailbox is not None
        invitee = Invited(mailbox.id, tuple(one.id for one in functions))
        invitation = invite(session, event, invitee, uid_domain=DOMAIN, now=self.now)
        invitation.revision_sent = 0
        session.flush()
        session.refresh(invitation)
        rows = [row for row in invitation.registrations if row.function_id is not None]
        for row in rows:
            assert row.function is not None
            row.organisation_id = row.function.organisation_id
            self.into(session, row, state)
        return rows

    def person(
        self,
        session: Session,
        event: Event,
        name: str,
        organisation: Organisation | None = None,
        state: S = S.ACCEPTED,
        **fields: Any,
    ) -> Registration:
        """Invite a person and let them answer."""
        contact = self.contact(session, name)
        contact.organisation = organisation
        invitation = invite(session, event, Invited(contact.id), uid_domain=DOMAIN, now=self.now)
        invitation.revision_sent = 0
        session.flush()
        session.refresh(invitation)
        (row,) = invitation.registrations
        row.attendee_name = name
        row.organisation_id = organisation.id if organisation else None
        for field, value in fields.items():
            setattr(row, field, value)
        self.into(session, row, state)
        return row

    def brought(
        self,
        session: Session,
        host: Registration,
        name: str,
        function: str,
        state: S = S.ACCEPTED,
    ) -> Registration:
        """Let a host name somebody who has no mailbox of their own."""
        row = Registration(
            event_id=host.event_id,
            invitation_id=host.invitation_id,
            contact_id=host.contact_id,
            organisation_id=host.organisation_id,
            state=S.INVITED,
            attendee_name=name,
            attendee_function=function,
            brought_by_id=host.id,
            created_at=self.now,
        )
        session.add(row)
        session.flush()
        self.into(session, row, state)
        return row

    def into(self, session: Session, row: Registration, state: S) -> None:
        if row.state is not state:
            record_change(session, row, state, by="test", via="page", now=self.now)
        session.flush()

    def workshop(
        self, session: Session, event: Event, round_name: str, title: str, room: str = ""
    ) -> Workshop:
        """Add a workshop; the round is made if it is new."""
        found = (
            session.query(Round)
            .filter(Round.event_id == event.id, Round.name == round_name)
            .one_or_none()
        )
        if found is None:
            number = next(_number)
            found = Round(
                event_id=event.id, key=f"ronde-{number}", name=round_name, position=number
            )
            session.add(found)
            session.flush()
        number = next(_number)
        made = Workshop(
            round_id=found.id, key=f"workshop-{number}", title=title, room=room, position=number
        )
        session.add(made)
        session.flush()
        return made

    def chooses(
        self,
        session: Session,
        row: Registration,
        workshop: Workshop,
        state: ChoiceState = ChoiceState.CHOSEN,
    ) -> None:
        session.add(
            WorkshopChoice(
                registration_id=row.id,
                round_id=workshop.round_id,
                workshop_id=workshop.id,
                state=state,
                since_at=self.now + timedelta(seconds=next(_number)),
            )
        )
        session.flush()

    def speaker(
        self, session: Session, event: Event, contact: Contact, *, declined: datetime | None = None
    ) -> Speaker:
        made = Speaker(
            event_id=event.id,
            contact_id=contact.id,
            token=random_token(),
            title="Wat werkt",
            asked_at=self.now,
            declined_at=declined,
        )
        session.add(made)
        session.flush()
        return made
