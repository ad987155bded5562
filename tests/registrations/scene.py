"""An event and invitees to answer it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState, Visibility
from var_outreach.people.model import Contact, Function, Organisation
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import Registration
from var_outreach.tokens import random_token

DOMAIN = "agenda.netwerk.example"
_number = itertools.count(1)


@dataclass(frozen=True)
class Invited:
    """What ``invite`` takes."""

    contact_id: int
    function_ids: tuple[int, ...] = ()


@dataclass
class Scene:
    """Makes rows in a session."""

    now: datetime

    def event(self, session: Session, **fields: Any) -> Event:
        number = next(_number)
        day = fields.pop("day", self.now + timedelta(days=60))
        values: dict[str, Any] = {
            "key": f"leerhuis-{number}",
            "source": "test",
            "source_id": str(number),
            "kind": "leerhuis",
            "title": "Leerhuis",
            "state": EventState.CONFIRMED,
            "visibility": Visibility.NETWORK,
            "on_date": day.date(),
            "starts_at": day,
            "ends_at": day + timedelta(hours=3),
            "programme": [],
            "partners": [],
            "notes": [],
            "recap_links": [],
            "series_uid": f"series-{number}@{DOMAIN}",
            "known_at": self.now,
            "date_known_at": self.now,
            "changed_at": self.now,
            "imported": {},
        }
        event = Event(**(values | fields))
        session.add(event)
        session.flush()
        return event

    def contact(self, session: Session, name: str = "") -> Contact:
        number = next(_number)
        contact = Contact(
            address=f"persoon{number}@gemeente.example",
            name=name or f"Persoon {number}",
            language="nl",
            token=random_token(),
            source="test",
            legal_basis="public_task",
            created_at=self.now,
        )
        session.add(contact)
        session.flush()
        return contact

    def office(self, session: Session, role: str = "burgemeester") -> Function:
        number = next(_number)
        organisation = Organisation(
            key=f"gemeente-{number}", name=f"Gemeente {number}", kind="gemeente"
        )
        session.add(organisation)
        session.flush()
        function = Function(
            organisation_id=organisation.id,
            role=role,
            portfolio="",
            holder_id=self.contact(session).id,
        )
        session.add(function)
        session.flush()
        return function

    def invited(self, session: Session, event: Event, count: int) -> list[Registration]:
        made = []
        for _ in range(count):
            contact = self.contact(session)
            invitation = invite(
                session, event, Invited(contact.id), uid_domain=DOMAIN, now=self.now
            )
            session.refresh(invitation)
            made += invitation.registrations
        return made
