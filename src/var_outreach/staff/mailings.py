"""Look at a mailing and let it go, hold it, end it, or write one of one's own.

*Reads / Writes*: mailings and deliveries. *Next*: the next tick carries it out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from var_outreach.app import App
from var_outreach.audiences.store import get_audience
from var_outreach.composing.ad_hoc import compose_ad_hoc
from var_outreach.composing.newsletter import ARCHIVE
from var_outreach.composing.samples import sample_places
from var_outreach.dispatch.pauses import resume_transport
from var_outreach.errors import InputError
from var_outreach.message import checked_address, checked_text
from var_outreach.news.store import assign_news
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.claims import resolve_uncertain
from var_outreach.outbox.enqueue import enqueue_deliveries
from var_outreach.outbox.model import Mailing, MailingState
from var_outreach.outbox.sender import Recipient
from var_outreach.pipeline import count_recipients, sender_line
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.slugs import slug
from var_outreach.staff.person import check_person

TEST = "test:"
"""How the key of a copy to oneself begins."""


@dataclass(frozen=True)
class Approved:
    """What an approval was given for."""

    key: str
    count: int
    excluded: Counter[str]
    """Who is left out, by reason."""
    scheduled_at: datetime


def approve_mailing(app: App, key: str, *, by: str) -> Approved:
    """Record that ``by`` looked at mailing ``key`` and found it right; it does not go by this."""
    check_person(by)
    count, excluded = count_recipients(app, key)
    with app.database.writing() as session:
        mailing = outbox.lock_mailing(session, key)
        outbox.approve(
            session, mailing, sender=sender_line(app), count=count, by=by, now=app.clock.now()
        )
        return Approved(key, count, excluded, mailing.scheduled_at)


def release_mailing(app: App, key: str, *, by: str, at_once: bool = False) -> datetime:
    """Let an approved mailing go; return from when, until which it can be taken back."""
    check_person(by)
    with app.database.writing() as session:
        mailing = outbox.lock_mailing(session, key)
        outbox.release(
            session,
            mailing,
            sender=sender_line(app),
            by=by,
            now=app.clock.now(),
            four_eyes=app.settings.four_eyes,
            at_once=at_once,
            recall=app.recall,
        )
        goes = outbox.goes_at(mailing, app.recall)
    assert goes is not None
    app.wake()
    return goes


def hold_mailing(app: App, key: str, *, by: str) -> None:
    """Take a release back, or pause a mailing that is being sent."""
    with app.database.writing() as session:
        outbox.hold(outbox.lock_mailing(session, key), because=f"held by {by}")


def cancel_mailing(app: App, key: str, *, by: str) -> int:
    """End a mailing for good; return how many that had not gone are skipped by this."""
    with app.database.writing() as session:
        mailing = outbox.lock_mailing(session, key)
        skipped = outbox.cancel(session, mailing, now=app.clock.now(), because=f"cancelled by {by}")
        if mailing.kind == MailKind.NEWSLETTER and not mailing.enqueued_at:
            assign_news(session, mailing.subject_key or "", [])
        return skipped


def settle_uncertain(app: App, key: str, *, send: bool) -> int:
    """Send again what may or may not have arrived, or take it as sent; return how many."""
    with app.database.writing() as session:
        count = resolve_uncertain(session, outbox.lock_mailing(session, key), send=send)
    app.wake()
    return count


def write_ad_hoc(
    app: App,
    *,
    subject: str,
    markdown: str,
    audience_key: str,
    by: str,
    at: datetime | None = None,
    where: str = "",
) -> str:
    """Make a draft of a mail to a saved audience from Markdown; return its key.

    Raises InputError for an unknown placeholder, NotFound for an unknown audience.
    """
    check_person(by)
    now = app.clock.now()
    subject = checked_text(subject, what="subject")
    if not subject:
        raise InputError("the mail has no subject", where=where, remedy="Give it one")
    with app.database.reading() as session:
        definition = get_audience(session, audience_key)
    words = slug(subject, longest=40, otherwise="mail")
    is_news = any(line.list for line in definition.include)
    content = compose_ad_hoc(subject, markdown, app.network, is_news=is_news, where=where or "text")
    with app.database.writing() as session:
        mailing = outbox.create_mailing(
            session,
            key=_free_key(session, f"{MailKind.AD_HOC}:{now.date()}-{words}"),
            kind=MailKind.AD_HOC,
            subject_key=None,
            audience=AudienceSpec(AudienceKind.READERS, audience_key),
            definition=definition.as_dict(),
            scheduled_at=at or now,
            expires_at=None,
            reason=f"written by {by}",
            created_by=by,
            now=now,
        )
        outbox.set_content(session, mailing, content)
        return mailing.key


def queue_test(app: App, key: str, *, to: str, by: str) -> str:
    """Queue a copy of mailing ``key`` to one address of one's own; return the copy's key.

    It stands in the ledger as what it is; links in it lead nowhere personal.
    """
    check_person(by)
    address = checked_address(to)
    now = app.clock.now()
    with app.database.writing() as session:
        original = outbox.find_mailing(session, key)
        content = outbox.content_of(session, original)
        mailing = outbox.create_mailing(
            session,
            key=_free_key(session, f"{TEST}{key}"),
            kind=MailKind.AD_HOC,
            subject_key=None,
            audience=AudienceSpec(AudienceKind.ADDRESSES, address),
            scheduled_at=now,
            expires_at=None,
            reason=f"test by {by}",
            created_by=by,
            now=now,
        )
        outbox.set_content(session, mailing, content)
        mailing.state = MailingState.SENDING
        mailing.released_at = mailing.enqueued_at = now
        mailing.released_by = by
        values = sample_places(app.network.base_url)
        recipients = [
            Recipient(f"test:{variant.key}", 0, variant.key, address, by, values)
            for variant in content.variants
            if not variant.key.endswith(f"/{ARCHIVE}")
        ]
        enqueue_deliveries(session, mailing, recipients, uid_domain=app.uid_domain, now=now)
        copy = mailing.key
    app.wake()
    return copy


def resume_sending(app: App, transport: str) -> bool:
    """Let a transport that stands still go on; return whether it stood still."""
    with app.database.writing() as session:
        was_paused = resume_transport(session, transport)
    app.wake()
    return was_paused


def _free_key(session: Session, key: str) -> str:
    taken = set(
        session.scalars(select(Mailing.key).where(func.substr(Mailing.key, 1, len(key)) == key))
    )
    free, number = key, 2
    while free in taken:
        free, number = f"{key}-{number}", number + 1
    return free
