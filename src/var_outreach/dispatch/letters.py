"""Makes the envelope of a claimed delivery, from content that was frozen and prepared once.

*Reads*: frozen content. *Writes*: nothing. *Next*: ``worker.py`` hands envelopes to a transport.

The same delivery gives the same bytes whenever it is made: everything that is its own (name,
links, calendar, Message-ID, Date) is kept with it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sqlalchemy import select

from var_outreach.composing.calendar_entry import frozen_calendar
from var_outreach.composing.content import Variant
from var_outreach.composing.ical.attach import CalendarParts, compose_parts
from var_outreach.composing.mime import MessageHead, Prepared, SenderFacts, prepare
from var_outreach.dispatch.transport import Envelope
from var_outreach.errors import NotFound
from var_outreach.outbox.claims import ONCE_AT_MOST, Claimed
from var_outreach.outbox.model import MailingContent
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.storage.engine import Database

KEPT = 200
"""Prepared variants kept in memory; one of a newsletter takes about 200 kB."""


@dataclass(frozen=True)
class Postmark:
    """What the installation puts on every letter."""

    from_name: str
    from_address: str
    bounce_pattern: str
    """Envelope sender with ``{token}``, or plain where the relay allows no foreign ones."""
    reply_to: str
    list_id: str


class Letters:
    """Writes letters for one installation; shared by the threads of a dispatcher."""

    def __init__(self, database: Database, postmark: Postmark) -> None:
        self._database = database
        self._postmark = postmark
        self._prepared: dict[tuple[int, int, str, bool], Prepared] = {}
        self._lock = threading.Lock()

    def write(self, claimed: Claimed) -> Envelope:
        """Return the envelope of ``claimed``; raises InputError if its content cannot be sent."""
        mark = self._postmark
        calendar: CalendarParts | None = None
        reply_to = mark.reply_to
        if claimed.calendar is not None:
            calendar = compose_parts(frozen_calendar(claimed.calendar, claimed.dated_at))
            reply_to = str(claimed.calendar["organizer_address"])
        head = MessageHead(
            to_name=claimed.name,
            to_address=claimed.address,
            message_id=claimed.message_id,
            dated_at=claimed.dated_at,
            reply_to=reply_to,
            unsubscribe_url=claimed.places.get("unsubscribe_url"),
            token=claimed.token,
        )
        message = self._prepare(claimed).assemble(head, claimed.places, calendar)
        return Envelope(
            sender=mark.bounce_pattern.replace("{token}", claimed.token),
            recipient=claimed.address,
            message=message,
            envid=claimed.token,
            in_crlf_lines=True,
        )

    def _prepare(self, claimed: Claimed) -> Prepared:
        with_calendar = claimed.calendar is not None
        # A mail without a way to leave is no newsletter, whatever its kind.
        is_list = claimed.kind in ONCE_AT_MOST and "unsubscribe_url" in claimed.places
        key = (claimed.mailing_id, claimed.version, f"{claimed.variant}|{is_list}", with_calendar)
        with self._lock:
            found = self._prepared.get(key)
        if found is not None:
            return found
        mark = self._postmark
        prepared = prepare(
            self._variant(claimed),
            SenderFacts(
                from_name=mark.from_name,
                from_address=mark.from_address,
                list_id=mark.list_id if is_list else None,
                auto_submitted=claimed.kind != MailKind.AD_HOC,
            ),
            with_calendar=with_calendar,
        )
        with self._lock:
            if len(self._prepared) >= KEPT:
                self._prepared.clear()
            self._prepared[key] = prepared
        return prepared

    def _variant(self, claimed: Claimed) -> Variant:
        with self._database.reading() as session:
            rows = session.execute(
                select(MailingContent.variant, MailingContent.body).where(
                    MailingContent.mailing_id == claimed.mailing_id,
                    MailingContent.version == claimed.version,
                )
            )
            bodies = dict(rows.all())
        language = claimed.variant.partition("/")[0]
        for key in (claimed.variant, language, *sorted(bodies)):
            if key in bodies:
                return Variant.deserialise(bodies[key])
        raise NotFound(
            f"mailing {claimed.mailing_id} has no content of version {claimed.version}",
            remedy="Restore the database from a backup",
        )
