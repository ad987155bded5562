"""Mailings and deliveries, made and moved as the pipeline and a worker do."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.app import App
from var_outreach.audiences.definition import AudienceDefinition
from var_outreach.clock import MovableClock
from var_outreach.composing.content import Content, Variant
from var_outreach.outbox.claims import (
    Claimed,
    Outcome,
    claim_deliveries,
    record_outcomes,
    start_transmitting,
)
from var_outreach.outbox.enqueue import enqueue_deliveries
from var_outreach.outbox.mailings import create_mailing, set_content
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing, MailingState
from var_outreach.outbox.recipients import Wanted, collect_recipients
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind

LEASE = timedelta(minutes=15)
DOMAIN = "agenda.netwerk.example"
_number = itertools.count(1)


def content(kind: MailKind = MailKind.NEWSLETTER, words: str = "eerste", *keys: str) -> Content:
    """Return content in Dutch, and in the variants ``keys``."""
    variants = [
        Variant(
            key, key.partition("/")[0], f"Onderwerp {words}", f"tekst {words}", f"<p>{words}</p>"
        )
        for key in keys or ("nl",)
    ]
    return Content(kind.value, tuple(variants))


def person(number: int, **changes: Any) -> Recipient:
    """Return a reader."""
    facts: dict[str, Any] = {
        "key": f"contact:{number}",
        "occurrence": 0,
        "variant": "nl",
        "address": f"lezer{number}@maasstad.example",
        "name": f"Lezer {number}",
        "places": {"name": f"Lezer {number}", "unsubscribe_url": f"https://var.example/u/{number}"},
    }
    return Recipient(**{**facts, **changes})


def entry(method: str = "REQUEST", sequence: int = 0) -> dict[str, Any]:
    """Return calendar facts, of which the outbox only asks whether they are there."""
    return {"method": method, "sequence": sequence, "organizer_address": f"agenda@{DOMAIN}"}


@dataclass
class Outbox:
    """Works on one database as one worker."""

    app: App
    clock: MovableClock
    worker: str = "elders/1/aaaa"
    _mailings: dict[int, str] = field(default_factory=dict)

    # ---- mailings

    def mailing(
        self,
        session: Session,
        kind: MailKind = MailKind.NEWSLETTER,
        *,
        state: MailingState = MailingState.SENDING,
        audience: AudienceSpec | None = None,
        event: Event | None = None,
        with_content: bool = True,
        **fields: Any,
    ) -> Mailing:
        """Make a mailing with one version of content."""
        now = self.clock.now()
        values: dict[str, Any] = {
            "key": f"{kind}:{next(_number)}",
            "kind": kind,
            "subject_key": event.key if event is not None else None,
            "audience": audience or AudienceSpec(AudienceKind.READERS, "lezers"),
            "scheduled_at": now,
            "expires_at": None,
            "reason": "test",
            "created_by": "test",
            "now": now,
        }
        mailing = create_mailing(session, **{**values, **fields})
        if with_content:
            set_content(session, mailing, content(kind))
        mailing.state = state
        session.flush()
        return mailing

    # ---- deliveries

    def enqueue(
        self, session: Session, mailing: Mailing, recipients: Iterable[Recipient], **fields: Any
    ) -> int:
        """Make deliveries as the pipeline does."""
        return enqueue_deliveries(
            session, mailing, recipients, uid_domain=DOMAIN, now=self.clock.now(), **fields
        )

    def queued(
        self, kind: MailKind = MailKind.NEWSLETTER, count: int = 1, **changes: Any
    ) -> tuple[int, list[int]]:
        """Make a mailing that is being sent to ``count`` people; return its id and theirs."""
        with self.app.database.writing() as session:
            mailing = self.mailing(session, kind)
            people = [person(next(_number), **changes) for _ in range(count)]
            self.enqueue(session, mailing, people)
            return mailing.id, self.ids(session, mailing.id)

    def ids(self, session: Session, mailing_id: int) -> list[int]:
        """Return the deliveries of a mailing, oldest first."""
        query = select(Delivery.id).where(Delivery.mailing_id == mailing_id).order_by(Delivery.id)
        return list(session.scalars(query))

    def row(self, delivery_id: int) -> Delivery:
        """Return a delivery as it stands."""
        with self.app.database.reading() as session:
            found = session.get_one(Delivery, delivery_id)
            session.expunge(found)
            return found

    def states(self, ids: Sequence[int] | None = None) -> Counter[str]:
        """Return how many deliveries are in which state, or skipped for which reason."""
        with self.app.database.reading() as session:
            rows = session.execute(
                select(Delivery.id, Delivery.state, Delivery.skipped_because)
            ).all()
        return Counter(
            because or state.value for one, state, because in rows if ids is None or one in ids
        )

    # ---- what a worker does

    def claim(self, session: Session, limit: int = 25, *, worker: str = "") -> list[Claimed]:
        """Claim in a transaction that the caller ends."""
        return claim_deliveries(
            session,
            worker=worker or self.worker,
            limit=limit,
            lease=LEASE,
            now=self.clock.now(),
            signer=self.app.signer,
        ).deliveries

    def claimed(self, limit: int = 25, *, worker: str = "") -> list[Claimed]:
        """Claim."""
        with self.app.database.writing() as session:
            return self.claim(session, limit, worker=worker)

    def started(self, deliveries: Iterable[Claimed], *, worker: str = "") -> set[int]:
        """Record the intent to send ``deliveries``."""
        with self.app.database.writing() as session:
            return start_transmitting(
                session,
                deliveries,
                worker=worker or self.worker,
                lease=LEASE,
                now=self.clock.now(),
            )

    def record(self, *outcomes: Outcome, worker: str = "") -> None:
        """Record outcomes."""
        with self.app.database.writing() as session:
            record_outcomes(session, outcomes, worker=worker or self.worker, now=self.clock.now())

    def put(self, delivery_id: int, state: DeliveryState, **fields: Any) -> None:
        """Put a delivery into a state, however it got there."""
        with self.app.database.writing() as session:
            row = session.get_one(Delivery, delivery_id)
            row.state = state
            for name, value in fields.items():
                setattr(row, name, value)

    def send_all(self) -> list[Claimed]:
        """Claim, start and record as sent until nothing waits; return what went, in order."""
        went: list[Claimed] = []
        while group := self.claimed():
            started = self.started(group)
            went += [one for one in group if one.id in started]
            self.record(*(Outcome(one.id, DeliveryState.SENT, 250) for one in group))
        return went

    # ---- recipients

    def recipients(
        self,
        session: Session,
        kind: MailKind,
        spec: AudienceSpec,
        *,
        event: Event | None = None,
        definition: AudienceDefinition | None = None,
        served: frozenset[str] = frozenset(),
        excluded: Counter[str] | None = None,
        now: datetime | None = None,
    ) -> list[Recipient]:
        """Return who a mailing goes to."""
        wanted = Wanted(kind, spec, event, definition, served)
        found = collect_recipients(
            session,
            wanted,
            self.app.sender,
            Counter() if excluded is None else excluded,
            now=now or self.clock.now(),
        )
        return list(found)
