"""The story as code: collect -> plan -> compose -> enqueue -> dispatch -> read -> report.

*Reads / Writes*: everything, one stage at a time. What is decided is committed here, in
``drafting.py``, ``enqueuing.py``, ``noticing.py``, ``staff.py`` or a page's POST; what comes item
by item (a message sent, a mail read, a feed) in the stage that handles it. *Next*:
``scheduler.py`` calls ``tick``, ``rehearsal`` calls it on a moved clock, ``cli`` calls the steps
one by one.

Each step can be killed anywhere and run again: what is due is computed from what is recorded,
and every key is UNIQUE.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.agenda.store import all_facts, mark_held
from var_outreach.app import App
from var_outreach.audiences.resolve import count_recipients as count_audience
from var_outreach.audiences.store import get_audience
from var_outreach.clock import local_date
from var_outreach.drafting import (
    BY_RULE as BY_RULE,
)
from var_outreach.drafting import (
    TickReport as TickReport,
)
from var_outreach.drafting import (
    drop_what_is_no_longer_due,
    is_open_again,
    issues_out,
    make_draft,
    renew_draft,
)
from var_outreach.drafting import (
    sender_line as sender_line,
)
from var_outreach.enqueuing import (
    count_recipients as count_recipients,
)
from var_outreach.enqueuing import (
    enqueue_mailings,
)
from var_outreach.errors import Conflict, OutreachError, StorageError
from var_outreach.fetch import FetchPolicy
from var_outreach.mailbox.forgetting import forget_messages
from var_outreach.mailbox.read import read_maildir
from var_outreach.mailbox.verdict import Verdict
from var_outreach.news.collect import NewsReport, collect_feeds, collect_folder
from var_outreach.noticing import tell_staff
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.erasure import forget_deliveries, stop_mail
from var_outreach.outbox.history import gather_history
from var_outreach.outbox.model import MailingState
from var_outreach.people.guests import guests_to_forget
from var_outreach.people.model import Contact
from var_outreach.people.privacy import erase
from var_outreach.planning.due import Due, DueState
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.plan import ALWAYS_OPEN, plan
from var_outreach.programme.arranging import carry_rounds, events_with_rounds_astray
from var_outreach.programme.choosing import events_with_leavers, release_choices_of_leavers
from var_outreach.programme.speaking import speakers_ahead
from var_outreach.registrations.erasing import erase_replies, events_with_replies_to_erase
from var_outreach.registrations.erasure import forget_person
from var_outreach.registrations.forgetting import invited_ahead

BEGINNING = timedelta(days=400)
"""How far back the plan looks for what is overdue."""
HORIZON = timedelta(days=800)
"""How far ahead: a draft whose event moved so far is still due, later."""
BATCH = 100
"""Guests that are forgotten in one transaction."""
REMINDS = frozenset({MailKind.REMINDER, MailKind.PARTICIPANT_REMINDER})
"""Kinds whose waiting copies may tell of a change: no frozen calendar stands beside them."""


def tick(app: App) -> TickReport:
    """Do all that is due now, and leave the rest."""
    report = TickReport()
    close_past_events(app)
    erase_old_replies(app)
    forget_guests(app)
    settle_programmes(app)
    compose_mailings(app, report)
    enqueue_mailings(app, report)
    tell_staff(app, report)
    dispatch_mailings(app, report)
    return report


def notify(app: App) -> TickReport:
    """Tell at once what became of answers and subscriptions; the tick is the safety net."""
    report = TickReport()
    settle_programmes(app)
    compose_mailings(app, report, only=ALWAYS_OPEN)
    enqueue_mailings(app, report, only=ALWAYS_OPEN)
    dispatch_mailings(app, report)
    return report


def close_past_events(app: App) -> None:
    """Take events of which the last day is over as held."""
    with app.database.writing() as session:
        mark_held(session, now=app.clock.now(), zone=app.settings.zone)


def settle_programmes(app: App) -> None:
    """Free the workshops of who left an event, for who waits; let rounds move with their event.

    A choice of who left takes no place from the answer on; here others move up, and are told.
    """
    now, zone = app.clock.now(), app.settings.zone
    with app.database.reading() as session:
        left, astray = events_with_leavers(session), events_with_rounds_astray(session, zone=zone)
    for event_id in sorted({*left, *astray}):
        with app.database.writing() as session:
            event = session.get_one(Event, event_id)
            carry_rounds(session, event, zone=zone)
            release_choices_of_leavers(session, event, now=now)


def erase_old_replies(app: App) -> None:
    """Forget diets and replies of events that are well over; the totals stay."""
    now, zone = app.clock.now(), app.settings.zone
    days = app.settings.reply_retention_days
    with app.database.reading() as session:
        over = events_with_replies_to_erase(session, now=now, zone=zone, days=days)
    for event_id in over:
        with app.database.writing() as session:
            erase_replies(session, event_id)


def forget_guests(app: App) -> int:
    """Forget the guests of events whose time is over; return how many. The totals stay."""
    now, zone = app.clock.now(), app.settings.zone
    today = local_date(now, zone)
    since = today - timedelta(days=app.settings.guest_retention_days)
    with app.database.reading() as session:
        ids = [contact.id for contact in guests_to_forget(session, today)]
    gone = 0
    for start in range(0, len(ids), BATCH):
        with app.database.writing() as session:
            batch = set(ids[start : start + BATCH])
            asked = sorted(batch)
            busy = invited_ahead(session, asked, since) | speakers_ahead(session, asked, since)
            for contact in guests_to_forget(session, today):
                if contact.id in batch - busy:
                    gone += _forget_guest(app, session, contact)
    return gone


def _forget_guest(app: App, session: Session, contact: Contact) -> bool:
    """Forget one guest; not yet while a mail to them is on its way."""
    addresses = [contact.address] if contact.address is not None else []
    names = [word for word in (contact.name, *addresses) if word]
    try:
        stop_mail(session, contact, addresses)
    except Conflict:
        return False
    for address in addresses:
        forget_messages(session, address)
    near = forget_person(session, contact, names)
    forget_deliveries(session, contact, addresses, names, near)
    erase(session, contact, signer=app.signer, now=app.clock.now(), keep_out=False)
    return True


def collect_news(app: App) -> NewsReport:
    """Bring in the news of the configured folder and feeds."""
    own = app.settings.news
    report = NewsReport()
    if own.folder is not None:
        report = collect_news_folder(app, own.folder)
    policy = FetchPolicy(
        contact=app.settings.network.contact_address, allow=frozenset(own.allow_hosts)
    )
    from_feeds = collect_feeds(
        app.database,
        own.feeds,
        policy=policy,
        zone=app.settings.zone,
        topics=app.topic_names,
        now=app.clock.now(),
        issues_out=issues_out,
    )
    report.new += from_feeds.new
    report.changed += from_feeds.changed
    report.notes += from_feeds.notes
    return report


def collect_news_folder(app: App, folder: Path) -> NewsReport:
    """Bring in the news of one folder."""
    return collect_folder(
        app.database,
        folder,
        topics=app.topic_names,
        now=app.clock.now(),
        issues_out=issues_out,
    )


def read_mailbox(app: App, maildir: Path, *, dry_run: bool = False) -> list[Verdict]:
    """Read what came back into a folder of mail, and let the answers be confirmed."""
    verdicts = read_maildir(
        app.database,
        maildir,
        settings=app.settings,
        signer=app.signer,
        now=app.clock.now(),
        dry_run=dry_run,
    )
    if verdicts and not dry_run:
        app.wake()
    return verdicts


def plan_mailings(
    app: App, *, since: datetime, until: datetime, looking: bool = False
) -> tuple[Due, ...]:
    """Return what goes out from ``since`` to ``until``; the only place that decides it.

    For somebody who is ``looking``, audiences of what has not been sent are counted, and what is
    not asked for stands in it too.
    """
    now = app.clock.now()
    begun = app.started_at
    with app.database.reading() as session:

        @cache
        def size(key: str) -> int:
            today = local_date(now, app.settings.zone)
            definition = get_audience(session, key)
            return count_audience(session, definition, on_date=today, signer=app.signer)

        def audience_count(event: Event) -> int:
            if not looking or event.on_date is None:
                return 0
            return size(event.audience_key or app.rules.of_kind(event.kind).audience_key)

        history = gather_history(session, started_at=begun, audience_count=audience_count)
        agenda = all_facts(session)
    return plan(
        agenda,
        app.rules,
        history,
        now,
        app.settings.zone,
        since=since,
        until=until,
        closed=looking,
    )


def compose_mailings(
    app: App, report: TickReport, *, only: frozenset[MailKind] | None = None
) -> None:
    """Make the drafts that are due and renew those whose source has changed."""
    now = app.clock.now()
    dues = plan_mailings(app, since=now - BEGINNING, until=now + HORIZON)
    follows = [due for due in dues if due.follows]
    for due in follows:
        if only is not None and due.kind not in only:
            continue
        try:
            if due.state in {DueState.TO_DRAFT, DueState.DUE, DueState.OVERDUE}:
                make_draft(app, due, report)
            elif _may_change(due) or is_open_again(due, now):
                renew_draft(app, due, report)
        except StorageError:
            raise
        except OutreachError as error:
            report.note_failure(due.key, error)
    if only is None:
        drop_what_is_no_longer_due(app, {due.key for due in follows}, now)


def _may_change(due: Due) -> bool:
    """Tell whether what was made of ``due`` is still to say how things are."""
    if due.state == MailingState.SENDING:
        return due.standing or due.kind in REMINDS
    return due.state in {MailingState.DRAFT, MailingState.APPROVED, MailingState.HELD}


def dispatch_mailings(app: App, report: TickReport) -> None:
    """Send what is enqueued, and close what is finished."""
    report.outcomes.update(app.dispatcher().run())
    with app.database.writing() as session:
        report.finished += outbox.finish_mailings(session, now=app.clock.now())
