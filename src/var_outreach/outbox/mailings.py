"""Moves a mailing through its states, each move refused where it makes no sense.

*Reads / Writes*: mailings and their frozen content. *Next*: ``enqueue.py`` makes deliveries of
a released mailing whose moment has come.

draft -> approved -> (released) -> sending -> sent, or held, cancelled, expired. Approving binds
to a fingerprint of what was looked at; a later change drops it. Releasing is the act after which
the mail goes, once the minutes for taking it back are over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from var_outreach.composing.content import Content, Variant, content_fingerprint
from var_outreach.errors import Conflict, NotFound
from var_outreach.outbox.model import (
    OPEN,
    Delivery,
    DeliveryState,
    Mailing,
    MailingContent,
    MailingState,
)
from var_outreach.planning.due import AudienceSpec
from var_outreach.planning.mail_kinds import MailKind

IN_TIME = timedelta(hours=1)
"""What is released with less left of its window than this is let go late, and knowingly."""
NO_LONGER_DUE = "no longer due"
"""Why the rules take a draft back; they may ask for it anew."""
NOT_GOING = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.CLAIMED)
"""The states of a delivery of which nothing is on its way yet."""
BEFORE_SENDING = frozenset({MailingState.DRAFT, MailingState.APPROVED, MailingState.HELD})
UNFINISHED = BEFORE_SENDING | {MailingState.SENDING}


def find_mailing(session: Session, key: str) -> Mailing:
    """Return the mailing ``key``; raises NotFound."""
    mailing = session.scalar(select(Mailing).where(Mailing.key == key))
    if mailing is None:
        raise NotFound(
            f"there is no mailing '{key}'", remedy="See them with: var-outreach mailing list"
        )
    return mailing


def create_mailing(
    session: Session,
    *,
    key: str,
    kind: MailKind,
    subject_key: str | None,
    audience: AudienceSpec,
    scheduled_at: datetime,
    expires_at: datetime | None,
    reason: str,
    created_by: str,
    now: datetime,
    standing: bool = False,
    definition: Mapping[str, Any] | None = None,
) -> Mailing:
    """Return a new mailing in draft; ``definition`` is the saved audience as it stands.

    One that the rules took back is taken up again. Raises IntegrityError if there is another.
    """
    mailing = session.scalar(select(Mailing).where(Mailing.key == key).with_for_update())
    if mailing is None or not is_dropped(mailing):
        mailing = Mailing(key=key, version=0)
        session.add(mailing)
    withdraw_approval(mailing)
    mailing.kind = kind.value
    mailing.subject_key = subject_key
    mailing.standing = standing
    mailing.audience = {**audience.as_json(), "definition": dict(definition or {})}
    mailing.scheduled_at, mailing.expires_at = scheduled_at, expires_at
    mailing.reason, mailing.held_because = reason, None
    mailing.created_by, mailing.created_at = created_by, now
    mailing.finished_at = None
    session.flush()
    return mailing


def set_content(
    session: Session, mailing: Mailing, content: Content, *, waiting_too: bool = True
) -> bool:
    """Freeze ``content`` as the mailing's newest version; return whether it differed.

    A difference drops an approval. Rows that wait take the new version unless ``waiting_too`` is
    False: a frozen calendar and the words beside it tell of the same date. Rows that went keep
    theirs.
    """
    if mailing.version and content.fingerprint() == frozen_fingerprint(session, mailing):
        return False
    if mailing.state is MailingState.CANCELLED or mailing.state is MailingState.SENT:
        raise Conflict(f"the mailing '{mailing.key}' is {mailing.state}; it cannot be edited")
    mailing.version += 1
    for variant in content.variants:
        session.add(
            MailingContent(
                mailing_id=mailing.id,
                version=mailing.version,
                variant=variant.key,
                hash=variant.fingerprint,
                body=variant.serialise(),
            )
        )
    session.flush()
    if mailing.state is MailingState.APPROVED:
        withdraw_approval(mailing)
    if waiting_too:
        _lock_waiting(session, mailing)
        session.execute(
            update(Delivery)
            .where(
                Delivery.mailing_id == mailing.id,
                # A claimed one too: it is not started with a version that it no longer has.
                Delivery.state.in_(NOT_GOING),
            )
            .values(version=mailing.version)
        )
    return True


def content_of(session: Session, mailing: Mailing, version: int | None = None) -> Content:
    """Return the frozen content of ``mailing`` at ``version`` (else the newest)."""
    rows = session.scalars(
        select(MailingContent)
        .where(
            MailingContent.mailing_id == mailing.id,
            MailingContent.version == (version or mailing.version),
        )
        .order_by(MailingContent.variant)
    )
    variants = tuple(Variant.deserialise(row.body) for row in rows)
    if not variants:
        raise NotFound(f"the mailing '{mailing.key}' has no content yet")
    return Content(mailing.kind, variants)


def frozen_fingerprint(session: Session, mailing: Mailing) -> str:
    """Return the fingerprint of the newest content; raises NotFound if there is none yet."""
    newest = select(MailingContent.variant, MailingContent.hash).where(
        MailingContent.mailing_id == mailing.id, MailingContent.version == mailing.version
    )
    hashes = dict(session.execute(newest).all())
    if not hashes:
        raise NotFound(f"the mailing '{mailing.key}' has no content yet")
    return content_fingerprint(mailing.kind, hashes)


def approval_hash(session: Session, mailing: Mailing, sender: str) -> str:
    """Return the hash that an approval is bound to: variants, sender, kind, audience."""
    audience = json.dumps(mailing.audience, sort_keys=True)
    # Of the bodies themselves: what goes out is what was looked at, whatever a column says.
    content = content_of(session, mailing).fingerprint()
    return hashlib.sha256("|".join((mailing.kind, sender, audience, content)).encode()).hexdigest()


def approve(
    session: Session, mailing: Mailing, *, sender: str, count: int, by: str, now: datetime
) -> None:
    """Record that ``by`` has looked at it and found it right, for ``count`` recipients."""
    _require(mailing, {MailingState.DRAFT, MailingState.HELD}, "approved")
    mailing.approved_hash = approval_hash(session, mailing, sender)
    mailing.approved_count = count
    mailing.approved_by = by
    mailing.approved_at = now
    mailing.state = MailingState.APPROVED
    mailing.held_because = None


def withdraw_approval(mailing: Mailing) -> None:
    """Take an approval back because what it was given for has changed."""
    mailing.state = MailingState.DRAFT
    mailing.approved_hash = None
    mailing.approved_count = None
    mailing.approved_by = None
    mailing.approved_at = None
    mailing.released_at = None
    mailing.released_by = None


def release(
    session: Session,
    mailing: Mailing,
    *,
    sender: str,
    by: str,
    now: datetime,
    four_eyes: bool,
    at_once: bool = False,
    recall: timedelta = timedelta(0),
) -> None:
    """Let an approved or held mailing go, at its moment or, if ``at_once``, now.

    What is overdue, or would be when the ``recall`` is over, gets as long again as it had.
    Raises Conflict if nobody approved it, if it changed since, or, with ``four_eyes``, if the
    approver is the one who releases.
    """
    _require(mailing, {MailingState.APPROVED, MailingState.HELD}, "released")
    if mailing.approved_hash is None:
        raise Conflict(
            f"the mailing '{mailing.key}' was not approved",
            remedy=f"Look at it and approve it: var-outreach mailing approve {mailing.key}",
        )
    if mailing.approved_hash != approval_hash(session, mailing, sender):
        withdraw_approval(mailing)
        raise Conflict(
            f"the mailing '{mailing.key}' has changed since it was approved",
            remedy="Look at it again and approve it",
        )
    if four_eyes and mailing.approved_by == by:
        raise Conflict(
            f"'{by}' approved this mailing, so somebody else releases it",
            remedy="Ask a colleague to release it",
        )
    mailing.released_at = now
    mailing.released_by = by
    mailing.held_because = None
    if mailing.expires_at is not None and mailing.expires_at < now + recall + IN_TIME:
        _reopen_window(session, mailing, now)
    if at_once:
        mailing.scheduled_at = min(mailing.scheduled_at, now)
    # What was already on its way goes on from where it stood.
    mailing.state = MailingState.SENDING if mailing.enqueued_at else MailingState.APPROVED


def _reopen_window(session: Session, mailing: Mailing, now: datetime) -> None:
    assert mailing.expires_at is not None
    mailing.expires_at = now + max(mailing.expires_at - mailing.scheduled_at, timedelta(days=1))
    _lock_waiting(session, mailing)
    session.execute(
        update(Delivery)
        .where(Delivery.mailing_id == mailing.id, Delivery.state.in_(NOT_GOING))
        .values(expires_at=mailing.expires_at)
    )


def _lock_waiting(session: Session, mailing: Mailing) -> None:
    """Lock what has not gone yet in the order of its ids, as a worker does that starts some.

    On SQLite there is but one who writes; it ignores this.
    """
    session.execute(
        select(Delivery.id)
        .where(Delivery.mailing_id == mailing.id, Delivery.state.in_(NOT_GOING))
        .order_by(Delivery.id)
        .with_for_update()
    )


def is_dropped(mailing: Mailing) -> bool:
    """Tell whether the rules took it back before anything of it went."""
    return (
        mailing.state is MailingState.CANCELLED
        and mailing.enqueued_at is None
        and mailing.held_because == NO_LONGER_DUE
    )


def lock_mailing(session: Session, key: str) -> Mailing:
    """Return the mailing ``key`` as it stands now and keep others from moving it; raises NotFound.

    For every act that decides by its state: on PostgreSQL two could else both find it approved.
    """
    mailing = session.scalar(
        select(Mailing)
        .where(Mailing.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return mailing or find_mailing(session, key)


def hold(mailing: Mailing, *, because: str) -> None:
    """Keep it back: nothing that has not been claimed goes out. A release taken back is a hold."""
    _require(mailing, UNFINISHED, "held")
    mailing.state = MailingState.HELD
    mailing.held_because = because
    mailing.released_at = None
    mailing.released_by = None


def cancel(session: Session, mailing: Mailing, *, now: datetime, because: str) -> int:
    """End it; return how many deliveries that had not gone out are skipped by this."""
    _require(mailing, UNFINISHED | {MailingState.EXPIRED}, "cancelled")
    mailing.state = MailingState.CANCELLED
    mailing.held_because = because
    mailing.finished_at = now
    _lock_waiting(session, mailing)
    result = session.execute(
        update(Delivery)
        .where(Delivery.mailing_id == mailing.id, Delivery.state.in_(NOT_GOING))
        .values(state=DeliveryState.SKIPPED, skipped_because="cancelled", lease_by=None)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def untried(session: Session, mailing: Mailing) -> int:
    """Return how many of its deliveries wait for their first attempt."""
    query = select(func.count()).where(
        Delivery.mailing_id == mailing.id,
        Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.CLAIMED)),
        Delivery.attempts == 0,
    )
    return session.scalar(query) or 0


def goes_at(mailing: Mailing, recall: timedelta) -> datetime | None:
    """Return from when it is enqueued and claimed; None while it is not released."""
    if mailing.released_at is None:
        return None
    return max(mailing.scheduled_at, mailing.released_at + recall)


def finish_mailings(session: Session, *, now: datetime) -> list[str]:
    """Set every sending mailing of which nothing is open any more to sent; return their keys.

    A standing one stays open as long as its window is.
    """
    still_open = (
        select(func.count())
        .where(
            Delivery.mailing_id == Mailing.id,
            Delivery.state.in_((*OPEN, DeliveryState.UNCERTAIN)),
        )
        .scalar_subquery()
    )
    finished = []
    for mailing in session.scalars(
        select(Mailing).where(Mailing.state == MailingState.SENDING, still_open == 0)
    ):
        if mailing.standing and (mailing.expires_at is None or now < mailing.expires_at):
            continue
        mailing.state = MailingState.SENT
        mailing.finished_at = now
        finished.append(mailing.key)
    return finished


def _require(
    mailing: Mailing, allowed: frozenset[MailingState] | set[MailingState], act: str
) -> None:
    if mailing.state in allowed:
        return
    key, state = mailing.key, mailing.state
    if state is MailingState.DRAFT and act == "released":
        raise Conflict(
            f"the mailing '{key}' was not approved",
            remedy=f"Look at it and approve it: var-outreach mailing approve {key}",
        )
    if state is MailingState.APPROVED:
        if mailing.released_at is not None:
            raise Conflict(
                f"the mailing '{key}' is approved and released already; it goes by itself",
                remedy=f"To keep it back: var-outreach mailing hold {key}",
            )
        raise Conflict(
            f"the mailing '{key}' is approved already",
            remedy=f"Let it go: var-outreach mailing release {key}",
        )
    raise Conflict(
        f"the mailing '{key}' is {state.value} and cannot be {act}",
        remedy=f"See: var-outreach mailing show {key}",
    )
