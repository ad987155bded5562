"""Fills an outbox and sends it through a dispatcher, with whatever goes wrong on the way."""

from __future__ import annotations

import email
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import Any

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy.orm import Session

from tests.dispatch.chaos_smtp import ChaosServer
from tests.dispatch.smtp_cases import transport as smtp_to
from tests.outbox.scene import DOMAIN, Outbox, person
from tests.registrations.scene import Scene
from var_outreach.agenda.model import Event
from var_outreach.clock import Clock
from var_outreach.dispatch.letters import Letters, Postmark
from var_outreach.dispatch.pauses import is_paused, resume_transport
from var_outreach.dispatch.transport import Connection, Envelope, Reply, Transport
from var_outreach.dispatch.worker import Dispatcher, Pace
from var_outreach.outbox.event_recipients import invitation_recipient, registrations_of
from var_outreach.outbox.model import DeliveryState, TransportPause
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

MARK = Postmark(
    from_name="Netwerk",
    from_address=f"nieuws@{DOMAIN}",
    bounce_pattern=f"bounce+{{token}}@{DOMAIN}",
    reply_to=f"info@{DOMAIN}",
    list_id=f"nieuws.{DOMAIN}",
)


class Recording:
    """A transport that keeps every message it was given, whatever became of it."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.name = inner.name
        self.given: list[Envelope] = []
        self.opened = 0

    def connect(self) -> Connection:
        connection = self.inner.connect()
        self.opened += 1
        return _Recorded(self, connection)


class _Recorded:
    def __init__(self, owner: Recording, inner: Connection) -> None:
        self._owner, self._inner = owner, inner

    def send(self, envelope: Envelope) -> Reply:
        self._owner.given.append(envelope)
        return self._inner.send(envelope)

    def close(self) -> None:
        self._inner.close()


class Hand:
    """A transport in which a test decides what becomes of each message."""

    name = "smtp"

    def __init__(self, act: Callable[[Envelope], Reply] | None = None) -> None:
        self.act = act or (lambda envelope: Reply(250, "2.0.0 ok"))
        self.given: list[Envelope] = []
        self.opened = 0
        self._lock = threading.Lock()

    def connect(self) -> Connection:
        with self._lock:
            self.opened += 1
        return self

    def send(self, envelope: Envelope) -> Reply:
        with self._lock:
            self.given.append(envelope)
        return self.act(envelope)

    def close(self) -> None:
        pass


class Faulty(Database):
    """A database whose transactions fail when a test says so, before anything is written."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.url.render_as_string(hide_password=False))
        self.error: BaseException | None = None
        self.after: Callable[[int], None] = lambda count: None
        self.count = 0

    @contextmanager
    def transaction(
        self, connection: DatabaseConnection | None = None
    ) -> Iterator[DatabaseConnection]:
        if self.error is not None:
            raise self.error
        with super().transaction(connection) as opened:
            yield opened
        self.count += 1
        self.after(self.count)


@dataclass
class Post:
    """A post office on one outbox."""

    outbox: Outbox
    scene: Scene

    @property
    def database(self) -> Database:
        """The database of the outbox."""
        return self.outbox.app.database

    def letters(self, database: Database | None = None) -> Letters:
        """Who writes the letters."""
        return Letters(database or self.database, MARK)

    def dispatcher(
        self,
        transport: Transport,
        *,
        connections: int = 1,
        database: Database | None = None,
        clock: Clock | None = None,
        letters: Letters | None = None,
        **pace: Any,
    ) -> Dispatcher:
        """Return a dispatcher for one run."""
        return Dispatcher(
            database or self.database,
            transport,
            letters or self.letters(database),
            clock or self.outbox.clock,
            self.outbox.app.signer,
            Pace(connections=connections, **pace),
        )

    def run(self, to: ChaosServer | Transport, **options: Any) -> Counter[str]:
        """Send what is due."""
        transport = smtp_to(to) if isinstance(to, ChaosServer) else to
        return self.dispatcher(transport, **options).run()

    def newsletter(self, *addresses: str) -> list[int]:
        """Enqueue a newsletter to ``addresses``."""
        return self._to(MailKind.NEWSLETTER, addresses)

    def confirmation(self, *addresses: str) -> list[int]:
        """Enqueue transactional mail without an entry to ``addresses``."""
        return self._to(MailKind.SUBSCRIPTION, addresses)

    def invitations(self, count: int) -> list[int]:
        """Enqueue ``count`` invitations with their entries."""
        with self.database.writing() as session:
            event = self.scene.event(session)
            rows = self.scene.invited(session, event, count)
            ids = [row.invitation_id for row in rows]
            return self._invite(session, event, ids)

    def _invite(self, session: Session, event: Event, ids: Sequence[int]) -> list[int]:
        mailing = self.outbox.mailing(session, MailKind.INVITATION, event=event)
        recipients = [
            invitation_recipient(
                MailKind.INVITATION, event, invitation, registrations, self.outbox.app.sender
            )
            for invitation, registrations in registrations_of(session, event, ids)
        ]
        self.outbox.enqueue(session, mailing, recipients)
        return self.outbox.ids(session, mailing.id)

    def _to(self, kind: MailKind, addresses: Sequence[str]) -> list[int]:
        with self.database.writing() as session:
            mailing = self.outbox.mailing(session, kind)
            people = [
                person(number, key=f"contact:{number}", address=address)
                for number, address in enumerate(addresses)
            ]
            self.outbox.enqueue(session, mailing, people)
            return self.outbox.ids(session, mailing.id)

    # ---- how things stand

    def pause(self) -> TransportPause | None:
        """Return the pause of the mail server, in force or not."""
        with self.database.reading() as session:
            found = session.get(TransportPause, "smtp")
            if found is not None:
                session.expunge(found)
            return found

    def is_paused(self) -> bool:
        """Tell whether nothing goes."""
        with self.database.reading() as session:
            return is_paused(session, "smtp", now=self.outbox.clock.now())

    def resume(self) -> None:
        """Say go on, as staff do."""
        with self.database.writing() as session:
            assert resume_transport(session, "smtp")

    def nobody_holds_anything(self) -> bool:
        """Tell whether no row is stuck with a worker."""
        stuck = {DeliveryState.CLAIMED.value, DeliveryState.TRANSMITTING.value}
        return not stuck & set(self.outbox.states())


def recipients(server: ChaosServer) -> Counter[str]:
    """Return how many messages each address got.

    A lone dot, with which a refused transaction is left behind, is none (RFC 2920 3.1).
    """
    to = (str(parsed(message)["To"]) for message in server.messages if message)
    return Counter(address.rpartition("<")[2].rstrip(">") for address in to)


def parsed(message: bytes) -> Message:
    """Return a message parsed."""
    return email.message_from_bytes(message)


def addresses(count: int, domain: str = "") -> list[str]:
    """Return addresses, each in a domain of its own unless one is given."""
    return [f"r{one}@{domain or f'gemeente{one}.example'}" for one in range(count)]


def dispatcher_on(url: str, port: int, clock: Clock, connections: int) -> Dispatcher:
    """Return a dispatcher as a process of its own builds it."""
    from var_outreach.dispatch.smtp import SmtpTransport
    from var_outreach.settings import Security, SmtpSettings

    database = Database(url)
    settings = SmtpSettings(
        host="127.0.0.1", port=port, security=Security.NONE, helo_name="outreach.example"
    )
    return Dispatcher(
        database,
        SmtpTransport(settings),
        Letters(database, MARK),
        clock,
        Signer(b"a key for tests, 32 octets long!"),
        Pace(connections=connections),
    )
