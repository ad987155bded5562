"""Reads what came back, once each, and lets it change what it may.

*Reads*: a mail folder. *Writes*: a row a message, in the transaction that does what it asks.
*Next*: the pipeline mails what answers made due; staff look at what waits for them.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from var_outreach.errors import OutreachError, StorageError
from var_outreach.mailbox.auto_replies import is_auto_reply, says_left
from var_outreach.mailbox.bounces import Report, read_report
from var_outreach.mailbox.calendar_answers import record_reply
from var_outreach.mailbox.maildir import WaitingFile, is_maildir, waiting_files
from var_outreach.mailbox.model import MailboxMessage, MessageKind
from var_outreach.mailbox.parsed import MAX_BYTES, ParsedMail, parse
from var_outreach.mailbox.replies import CalendarReply, read_reply
from var_outreach.mailbox.returned import record_report
from var_outreach.mailbox.verdict import Verdict
from var_outreach.message import without_controls
from var_outreach.settings import Settings
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer


class _OnlyTrying(Exception):
    """Ends a dry run's transaction without a trace."""


class MailboxReader:
    """Reads messages into one database, under one installation's settings."""

    def __init__(
        self, database: Database, *, settings: Settings, signer: Signer, now: datetime
    ) -> None:
        self._database = database
        self._network = settings.network
        self._zone = settings.zone
        self._signer = signer
        self._now = now

    def read(
        self, raw: bytes, *, file: str, folder: str, key: str, dry_run: bool = False
    ) -> Verdict | None:
        """Take in one message and return the verdict; None if its content was read before.

        With ``dry_run`` everything is worked out and nothing kept.
        """
        digest = hashlib.sha256(raw).hexdigest()
        message, reason = _understood(raw, self._network.bounce_address)
        verdict: Verdict | None = None
        try:
            with self._database.writing() as session:
                if _was_read(session, digest):
                    return None
                row = MailboxMessage(
                    folder=folder,
                    message_key=key,
                    content_sha256=digest,
                    read_at=self._now,
                    kind=MessageKind.OTHER,
                    sender="",
                    subject="",
                    verdict="",
                    for_staff=False,
                    comment="",
                )
                session.add(row)
                # The unique content is claimed first: a second reader waits here, and then fails.
                session.flush()
                verdict = self._judge(session, message, reason, file)
                _describe(row, message[0] if message else None, verdict)
                session.flush()
                if dry_run:
                    raise _OnlyTrying
        except _OnlyTrying:
            return verdict
        except IntegrityError:
            with self._database.reading() as session:
                if not _was_read(session, digest):
                    raise
            return None
        return verdict

    def _judge(
        self,
        session: Session,
        message: tuple[ParsedMail, Report | None, CalendarReply | None] | None,
        reason: str,
        file: str,
    ) -> Verdict:
        if message is None:
            return _other(file, f"set aside unread: {reason}", for_staff=True)
        mail, report, reply = message
        try:
            # What one message does is undone as a whole if it turns out to be impossible.
            with session.begin_nested():
                if report is not None:
                    return record_report(
                        session, report, file=file, now=self._now, signer=self._signer
                    )
                if reply is not None:
                    return record_reply(
                        session,
                        mail,
                        reply,
                        file=file,
                        organiser_pattern=self._network.organiser_address,
                        now=self._now,
                        zone=self._zone,
                    )
        except StorageError:
            raise
        except OutreachError as error:
            return _other(file, f"set aside: {error}", for_staff=True)
        if is_auto_reply(mail):
            left = says_left(mail)
            words = "seems to have left: who follows?" if left else "automatic: nothing changed"
            return replace(_other(file, words, for_staff=left), kind=MessageKind.AUTO_REPLY)
        return _other(file, "a mail from a person or a list: for staff", for_staff=True)


def read_maildir(
    database: Database,
    path: Path,
    *,
    settings: Settings,
    signer: Signer,
    now: datetime,
    dry_run: bool = False,
) -> list[Verdict]:
    """Read every message in the folder ``path`` that was not read before, in order of name.

    A message that cannot be read is set aside with the reason and stops nothing. Raises FileError
    if there is no such folder.
    """
    folder = without_controls(str(path.resolve()))
    waiting = waiting_files(path)
    known = _known_keys(database, folder) if is_maildir(path) else frozenset[str]()
    reader = MailboxReader(database, settings=settings, signer=signer, now=now)
    verdicts: list[Verdict] = []
    for one in waiting:
        if one.key in known:
            continue
        file = without_controls(one.key)
        raw = _content(one)
        if isinstance(raw, str):
            # Not kept: it may be readable the next time.
            verdicts.append(_other(file, f"cannot be read now: {raw}", for_staff=True))
            continue
        verdict = reader.read(
            raw, file=file, folder=folder, key=without_controls(one.key), dry_run=dry_run
        )
        if verdict is not None:
            verdicts.append(verdict)
    return verdicts


def _understood(
    raw: bytes, bounce_pattern: str
) -> tuple[tuple[ParsedMail, Report | None, CalendarReply | None] | None, str]:
    """Return the message with what it reports or replies, or else why it cannot be read."""
    if len(raw) > MAX_BYTES:
        return None, f"it is larger than {MAX_BYTES // 1024 // 1024} MB"
    try:
        mail = parse(raw)
        report = read_report(mail, bounce_pattern)
        reply = read_reply(mail) if report is None else None
        # Worked out here, so that nothing can fail on the sender's bytes later on.
        _ = (mail.senders, mail.sent_at, mail.text, mail.header("Subject"), is_auto_reply(mail))
        return (mail, report, reply), ""
    except Exception as error:
        # Python's mail parser meets bytes that nobody thought of; no mail may stop the others.
        return None, f"{type(error).__name__}: {without_controls(str(error))[:200]}"


def _content(one: WaitingFile) -> bytes | str:
    try:
        with one.path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        return error.strerror or "unknown reason"


def _known_keys(database: Database, folder: str) -> frozenset[str]:
    with database.reading() as session:
        keys = select(MailboxMessage.message_key).where(MailboxMessage.folder == folder)
        return frozenset(session.scalars(keys))


def _was_read(session: Session, digest: str) -> bool:
    found = select(MailboxMessage.id).where(MailboxMessage.content_sha256 == digest)
    return session.scalars(found).one_or_none() is not None


def _describe(row: MailboxMessage, mail: ParsedMail | None, verdict: Verdict) -> None:
    row.kind = verdict.kind
    row.sender = ", ".join(mail.senders)[:500] if mail else ""
    row.subject = mail.header("Subject")[:500] if mail else ""
    row.verdict = without_controls(verdict.verdict)[:1000]
    row.for_staff = verdict.for_staff
    row.hard = verdict.hard
    row.recipient = verdict.recipient if verdict.token_ok else None
    row.recipient_token = verdict.token
    row.comment = without_controls(verdict.comment)[:2000]


def _other(file: str, words: str, *, for_staff: bool = False) -> Verdict:
    return Verdict(file=file, kind=MessageKind.OTHER, verdict=words, for_staff=for_staff)
