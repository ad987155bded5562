"""One event with an invitee, a mail that went out, and a mailbox to drop replies into."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.mailbox.mails import ORGANISER
from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.mailbox.read import read_maildir
from var_outreach.mailbox.verdict import Verdict
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing, MailingState
from var_outreach.people.model import Function
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.settings import Settings
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer, random_token


@dataclass
class Post:
    """The world of one test."""

    database: Database
    folder: Path
    signer: Signer
    now: datetime
    scene: Scene
    settings: Settings = field(default_factory=Settings)
    dropped: int = 0

    def drop(self, raw: bytes) -> None:
        self.dropped += 1
        (self.folder / "new").mkdir(parents=True, exist_ok=True)
        (self.folder / "new" / f"17361{self.dropped:05}.M1.host").write_bytes(raw)

    def read(self, *, now: datetime | None = None, dry_run: bool = False) -> list[Verdict]:
        return read_maildir(
            self.database,
            self.folder,
            settings=self.settings,
            signer=self.signer,
            now=now or self.now,
            dry_run=dry_run,
        )

    def receive(self, raw: bytes, *, now: datetime | None = None) -> Verdict:
        self.drop(raw)
        (verdict,) = self.read(now=now)
        return verdict

    def invite(self, *, offices: int = 0, sequence: int = 0, **fields: Any) -> Invitation:
        with self.database.writing() as session:
            event = self.scene.event(session, **fields)
            contact = self.scene.contact(session)
            functions = [self.scene.office(session) for _ in range(offices)]
            who = Invited(contact.id, tuple(function.id for function in functions))
            made = invite(session, event, who, uid_domain=DOMAIN, now=self.now)
            made.sequence, made.revision_sent = sequence, 0
            session.flush()
            assert made.contact.address
            return made

    def address_of(self, invitation: Invitation) -> str:
        return invitation.contact.address or ""

    def organiser(self, invitation: Invitation) -> str:
        return ORGANISER.replace("{token}", invitation.token)

    def state(self, invitation: Invitation) -> tuple[RegistrationState, int]:
        (state,) = self.states(invitation)
        return state

    def states(self, invitation: Invitation) -> list[tuple[RegistrationState, int]]:
        return [(one.state, one.version) for one in self.registrations(invitation)]

    def registrations(self, invitation: Invitation) -> list[Registration]:
        with self.database.reading() as session:
            found = list(session.get_one(Invitation, invitation.id).registrations)
            session.expunge_all()
            return found

    def office(self, invitation: Invitation, number: int) -> Function:
        with self.database.reading() as session:
            one = session.get_one(Invitation, invitation.id).registrations[number]
            assert one.function is not None
            assert one.function.holder is not None
            found = one.function
            session.expunge_all()
            return found

    def deliver(self, address: str = "weg@gemeente.example") -> Delivery:
        token = random_token()
        with self.database.writing() as session:
            mailing = Mailing(
                key=f"newsletter:{token}",
                kind="newsletter",
                state=MailingState.SENT,
                audience={},
                scheduled_at=self.now,
                reason="test",
                created_by="test",
                created_at=self.now,
            )
            session.add(mailing)
            session.flush()
            delivery = Delivery(
                mailing_id=mailing.id,
                recipient_key="subscription:1",
                token=token,
                state=DeliveryState.SENT,
                version=1,
                variant="nl",
                address=address,
                name="",
                places={},
                message_id=f"<{token}@{DOMAIN}>",
                dated_at=self.now,
                not_before=self.now,
                created_at=self.now,
            )
            session.add(delivery)
        return delivery

    def bounced_at(self, delivery: Delivery) -> datetime | None:
        with self.database.reading() as session:
            return session.get_one(Delivery, delivery.id).bounced_at


@pytest.fixture
def post(database: Database, tmp_path: Path, signer: Signer, now: datetime) -> Post:
    return Post(database, tmp_path / "mail", signer, now, Scene(now))
