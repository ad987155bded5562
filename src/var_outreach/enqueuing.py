"""Makes deliveries of what was released: the first time of all, then of who came late.

*Reads*: mailings, people, registrations. *Writes*: deliveries; a mailing that waits for a person
after all. *Next*: ``pipeline.py`` dispatches them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.app import App
from var_outreach.audiences.definition import definition_from_dict
from var_outreach.drafting import BY_RULE, TOO_LATE, TickReport, is_current, sender_line
from var_outreach.errors import OutreachError, StorageError
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.enqueue import enqueue_deliveries
from var_outreach.outbox.model import Delivery, Mailing, MailingState
from var_outreach.outbox.recipients import Wanted, collect_recipients, count_wanted
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.plan import ALWAYS_OPEN
from var_outreach.registrations.waiting import lock_event

DEVIATION, DEVIATION_AT_LEAST = 0.10, 5
"""A number of recipients that differs more from the approved one is held."""


def enqueue_mailings(
    app: App, report: TickReport, *, only: frozenset[MailKind] | None = None
) -> None:
    """Make deliveries of every released mailing whose moment has come, and of standing ones."""
    now = app.clock.now()
    kinds = [kind.value for kind in only or MailKind]
    with app.database.reading() as session:
        keys = session.scalars(
            select(Mailing.key)
            .where(
                Mailing.state.in_((MailingState.APPROVED, MailingState.SENDING)),
                Mailing.kind.in_(kinds),
            )
            .order_by(Mailing.scheduled_at, Mailing.id)
        ).all()
    for key in keys:
        try:
            with app.database.writing() as session:
                _enqueue_one(app, session, outbox.lock_mailing(session, key), report, now)
        except StorageError:
            raise
        except OutreachError as error:
            report.note_failure(key, error)


def count_recipients(app: App, key: str) -> tuple[int, Counter[str]]:
    """Return to how many ``key`` would go now, and how many are left out for which reason."""
    excluded: Counter[str] = Counter()
    with app.database.trying() as session:
        wanted = _wanted(session, outbox.find_mailing(session, key), frozenset())
        count = count_wanted(session, wanted, app.sender, excluded, now=app.clock.now())
    return count, excluded


def _recipients_of(
    app: App, session: Session, mailing: Mailing, *, served: frozenset[str] = frozenset()
) -> Iterator[Recipient]:
    """Yield who ``mailing`` goes to as things stand; needs a writing session."""
    wanted = _wanted(session, mailing, served)
    if wanted.event is not None:
        # Two schedulers that enqueue for one event would count SEQUENCE from the same number.
        lock_event(session, wanted.event.id)
    return collect_recipients(session, wanted, app.sender, Counter(), now=app.clock.now())


def _wanted(session: Session, mailing: Mailing, served: frozenset[str]) -> Wanted:
    spec = AudienceSpec.from_json(mailing.audience)
    definition = mailing.audience.get("definition")
    event = None
    if mailing.subject_key and mailing.kind != MailKind.NEWSLETTER:
        event = session.scalar(select(Event).where(Event.key == mailing.subject_key))
    if spec.kind is AudienceKind.ADDRESSES:
        definition = None
    return Wanted(
        kind=MailKind(mailing.kind),
        spec=spec,
        event=event,
        definition=definition_from_dict(definition) if definition else None,
        served=served,
        key=mailing.key,
    )


def _enqueue_one(
    app: App, session: Session, mailing: Mailing, report: TickReport, now: datetime
) -> None:
    if mailing.state is MailingState.APPROVED:
        _enqueue_first(app, session, mailing, report, now)
    elif mailing.state is not MailingState.SENDING:
        return
    elif _is_past(mailing, now):
        left = outbox.untried(session, mailing)
        if left:
            outbox.hold(mailing, because=f"{TOO_LATE}: {left} had not gone yet")
            report.held.append(mailing.key)
    elif mailing.standing and _is_time_to_read_again(app, mailing, now):
        served = _served(session, mailing)
        late = _recipients_of(app, session, mailing, served=served)
        approved = mailing.approved_count or 0
        # All that came since the approval together: a few each hour would have no end.
        most = max(0.0, approved + _tolerance(approved) - len(served))
        _enqueue(app, session, mailing, late, report, now, least=0, most=most)


def _enqueue_first(
    app: App, session: Session, mailing: Mailing, report: TickReport, now: datetime
) -> None:
    recall = timedelta(0) if mailing.released_by == BY_RULE else app.recall
    goes = outbox.goes_at(mailing, recall)
    if goes is None or now < goes:
        return
    if _is_past(mailing, now):
        outbox.hold(mailing, because=TOO_LATE)
        report.held.append(mailing.key)
        return
    if mailing.approved_hash != outbox.approval_hash(session, mailing, sender_line(app)):
        outbox.withdraw_approval(mailing)
        return
    if not is_current(app, session, mailing):
        return
    approved = mailing.approved_count or 0
    recipients = _recipients_of(app, session, mailing)
    least, most = approved - _tolerance(approved), approved + _tolerance(approved)
    if _enqueue(app, session, mailing, recipients, report, now, least=least, most=most):
        mailing.state = MailingState.SENDING
        mailing.enqueued_at = now


def _enqueue(
    app: App,
    session: Session,
    mailing: Mailing,
    recipients: Iterator[Recipient],
    report: TickReport,
    now: datetime,
    *,
    least: float,
    most: float,
) -> bool:
    """Make a delivery for each of ``recipients`` as they come; hold it if a person approved others.

    They are never all in memory. They are counted on the way, and all of it is taken back if they
    are fewer than ``least`` or more than ``most``; return whether it was kept.
    """
    counted = _Counted(recipients)
    savepoint = session.begin_nested()
    added = enqueue_deliveries(session, mailing, counted, uid_domain=app.uid_domain, now=now)
    if mailing.released_by != BY_RULE and not least <= counted.number <= most:
        savepoint.rollback()
        because = (
            f"{counted.number} more would get it than were approved"
            if mailing.enqueued_at
            else f"approved for {mailing.approved_count or 0}, but it would go to {counted.number}"
        )
        outbox.hold(mailing, because=because)
        report.held.append(mailing.key)
        return False
    savepoint.commit()
    report.enqueued[mailing.key] += added
    return True


class _Counted:
    """Passes recipients on and counts them."""

    def __init__(self, recipients: Iterable[Recipient]) -> None:
        self._recipients = recipients
        self.number = 0

    def __iter__(self) -> Iterator[Recipient]:
        for recipient in self._recipients:
            self.number += 1
            yield recipient


def _tolerance(approved: int) -> float:
    return max(DEVIATION_AT_LEAST, DEVIATION * approved)


def _is_time_to_read_again(app: App, mailing: Mailing, now: datetime) -> bool:
    """Answers are told of at once; late invitees are looked for every so often."""
    if MailKind(mailing.kind) in ALWAYS_OPEN:
        return True
    last = app.read_at.get(mailing.key)
    if last is not None and now - last < app.read_again_after:
        return False
    app.read_at[mailing.key] = now
    return True


def _is_past(mailing: Mailing, now: datetime) -> bool:
    return mailing.expires_at is not None and now > mailing.expires_at


def _served(session: Session, mailing: Mailing) -> frozenset[str]:
    if MailKind(mailing.kind) in ALWAYS_OPEN:
        return frozenset()
    return frozenset(
        session.scalars(select(Delivery.recipient_key).where(Delivery.mailing_id == mailing.id))
    )
