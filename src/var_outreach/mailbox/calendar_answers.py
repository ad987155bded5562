"""What a calendar reply changes: whose it is, whether it counts, and the answer it gives.

*Reads*: a ``CalendarReply``, invitations and answers. *Writes*: answers, through
``registrations.answers.record_answer`` alone. *Next*: the pipeline confirms what was recorded.

Nothing a sender can make up decides anything: only the 128 bit token, in our own address or in
the UID, names the invitation. From and ATTENDEE can only take trust away.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from var_outreach.errors import Conflict
from var_outreach.mailbox.model import MessageKind
from var_outreach.mailbox.parsed import ParsedMail
from var_outreach.mailbox.replies import ANSWERS, Attendee, CalendarReply
from var_outreach.mailbox.verdict import Verdict
from var_outreach.message import domain_of
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.registrations.standing_in import lost_substitute, stands_with_host
from var_outreach.registrations.store import invitation_by_token
from var_outreach.registrations.waiting import lock_event

_UID = re.compile(r"([a-z2-7]{26})@", re.ASCII)
_SKEW = timedelta(days=1)
"""How far ahead of ours an invitee's clock may run."""


class _NotNow(Exception):
    """The reply changes nothing; the message says why."""

    def __init__(self, why: str, *, for_staff: bool = False) -> None:
        super().__init__(why)
        self.for_staff = for_staff


def record_reply(
    session: Session,
    mail: ParsedMail,
    reply: CalendarReply,
    *,
    file: str,
    organiser_pattern: str,
    now: datetime,
    zone: ZoneInfo,
) -> Verdict:
    """Do what ``reply`` says if it is to be believed, and tell what was done.

    ``organiser_pattern`` is the setting ``network.organiser_address``; ``zone`` that in which the
    last day for answers ends.
    """
    try:
        invitation = _invitation_of(session, mail, reply, organiser_pattern)
    except _NotNow as reason:
        invitation, why, for_staff = None, str(reason), reason.for_staff
    if invitation is None:
        return _verdict(file, reply, None, _shown(reply), why, for_staff=for_staff)
    attendee: Attendee | None = None
    try:
        attendee = _believed_attendee(mail, reply, invitation)
        done = _apply(session, mail, reply, invitation, attendee, now, zone)
        return _verdict(file, reply, invitation, attendee, done)
    except _NotNow as reason:
        shown = attendee or _shown(reply)
        return _verdict(file, reply, invitation, shown, str(reason), for_staff=reason.for_staff)


def _invitation_of(
    session: Session, mail: ParsedMail, reply: CalendarReply, pattern: str
) -> Invitation:
    """Return the invitation named by the token in our address, then by the one in the UID."""
    uid_token = _UID.match(reply.uid.lower())
    addressed = [
        found
        for token in mail.tokens_in_recipient(pattern)
        if (found := invitation_by_token(session, token)) is not None
    ]
    by_uid = invitation_by_token(session, uid_token[1]) if uid_token is not None else None
    if by_uid is not None and by_uid.uid.lower() != reply.uid.lower():
        by_uid = None
    if by_uid is not None:
        if addressed and by_uid not in addressed:
            raise _NotNow("its address and its UID name two invitations", for_staff=True)
        return by_uid
    if not addressed:
        raise _NotNow("no invitation of ours has this address or UID: nothing changed")
    if reply.uid:
        raise _NotNow("it is about another calendar entry than ours", for_staff=True)
    if len(addressed) > 1:
        raise _NotNow("it is addressed to several invitations", for_staff=True)
    return addressed[0]


def _believed_attendee(
    mail: ParsedMail, reply: CalendarReply, invitation: Invitation
) -> Attendee | None:
    """Return the attendee for whom the reply speaks; None for a REFRESH, which needs none.

    Raises _NotNow unless it is the invited mailbox, a holder or secretariat of the offices on
    it, or somebody for whom one of these wrote.
    """
    known = known_addresses(invitation)
    if not reply.attendees and reply.method == "REFRESH":
        return None
    attendee = reply.attendee_among(known)
    if attendee is None:
        raise _NotNow("it names no attendee, or several whom we do not know", for_staff=True)
    if attendee.address not in known and attendee.sent_by not in known:
        raise _NotNow(
            f"{attendee.address or 'somebody'} was not invited at this address", for_staff=True
        )
    own_domain = domain_of(invitation.contact.address or "").lower()
    if not any(sender in known or domain_of(sender) == own_domain for sender in mail.senders):
        sender = ", ".join(mail.senders) or "nobody"
        raise _NotNow(f"it comes from {sender}, whom we did not invite", for_staff=True)
    return attendee


def known_addresses(invitation: Invitation) -> frozenset[str]:
    """Return the addresses, in lowercase, that answer for the offices on ``invitation``."""
    contacts = [invitation.contact]
    for registration in invitation.registrations:
        if registration.function is not None:
            contacts += [
                one
                for one in (registration.function.holder, registration.function.secretariat)
                if one is not None
            ]
    return frozenset(one.address.lower() for one in contacts if one.address)


def _apply(
    session: Session,
    mail: ParsedMail,
    reply: CalendarReply,
    invitation: Invitation,
    attendee: Attendee | None,
    now: datetime,
    zone: ZoneInfo,
) -> str:
    if reply.method == "REFRESH":
        raise _NotNow("asks for the newest version of the entry", for_staff=True)
    if reply.method == "COUNTER":
        raise _NotNow(f"proposes another time: {reply.proposed or 'not said'}", for_staff=True)
    if not reply.method:
        raise _NotNow("its calendar does not say that it is a reply", for_staff=True)
    if attendee is None:
        raise _NotNow("it names no attendee", for_staff=True)
    if attendee.partstat == "DELEGATED" or attendee.delegated_from:
        raise _NotNow(
            f"{attendee.delegated_to or attendee.address} is to come instead", for_staff=True
        )
    if attendee.partstat not in ANSWERS:
        raise _NotNow(f"PARTSTAT {attendee.partstat} is no answer: nothing changed")
    event = lock_event(session, invitation.event_id)
    session.refresh(invitation)
    for registration in invitation.registrations:
        session.refresh(registration)
    if reply.recurrence_id is not None and reply.recurrence_id != event.starts_at:
        raise _NotNow("it is about a single date of a series that we do not have", for_staff=True)
    moment = _check_newest(mail, reply, invitation, now)
    done = _record(session, reply, invitation, attendee, moment, now, zone)
    invitation.reply_sequence = _sequence(reply, invitation)
    invitation.reply_dtstamp = moment
    session.flush()
    return done


def _check_newest(
    mail: ParsedMail, reply: CalendarReply, invitation: Invitation, now: datetime
) -> datetime:
    """Return when the reply was made; raises _NotNow if it is stale or not newer (RFC 5546 2.1.5).

    Without a usable DTSTAMP the mail's Date stands in for it.
    """
    sequence = _sequence(reply, invitation)
    if sequence < invitation.date_sequence:
        raise _NotNow("it answers a date that has moved since", for_staff=True)
    stamps = (reply.dtstamp, mail.sent_at)
    moment = next((one for one in stamps if one is not None and one <= now + _SKEW), None)
    if moment is None:
        raise _NotNow("it does not say when it was made", for_staff=True)
    before = (invitation.reply_sequence, invitation.reply_dtstamp)
    if before[0] is not None and before[1] is not None and (sequence, moment) <= before:
        raise _NotNow("a reply as new or newer was counted before: nothing changed")
    return moment


def _sequence(reply: CalendarReply, invitation: Invitation) -> int:
    """Return the reply's SEQUENCE, never above what we sent: it would shut out later replies."""
    return min(reply.sequence, max(invitation.sequence, 0))


def _record(
    session: Session,
    reply: CalendarReply,
    invitation: Invitation,
    attendee: Attendee,
    moment: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> str:
    targets = _targets(invitation, attendee, moment)
    if not targets:
        raise _NotNow(
            f"says {attendee.partstat}, but was answered on the page already", for_staff=True
        )
    answer = Answer(
        RegistrationState(attendee.partstat.lower()),
        note=reply.comment or None,
        answered_by=attendee.sent_by or attendee.address,
    )
    try:
        for registration in targets:
            record_answer(session, registration, answer, via="calendar", now=now, zone=zone)
    except Conflict as error:
        raise _NotNow(f"not recorded: {error}", for_staff=True) from error
    states = ", ".join(dict.fromkeys(str(registration.state) for registration in targets))
    return f"recorded as {states} for {len(targets)} of {len(invitation.registrations)}"


def _targets(invitation: Invitation, attendee: Attendee, moment: datetime) -> list[Registration]:
    """Return the registrations for which the calendar speaks.

    Where offices share a mailbox: the attendee's own office, else all, save those that were
    answered on the page. A single one takes the newer of page and calendar. Whom an office named
    at its own mailbox goes by that office's answer.
    """
    offices = [one for one in invitation.registrations if not stands_with_host(one)]
    if len(offices) == 1:
        only = offices[0]
        newer = only.answered_at is None or moment >= only.answered_at.replace(microsecond=0)
        return [only] if newer or only.answered_via == "calendar" else []
    own = [
        one
        for one in offices
        if one.function is not None
        and one.function.holder is not None
        and (one.function.holder.address or "").lower() == attendee.address
    ]
    open_ones = {None, "calendar"}
    return [one for one in own or offices if one.answered_via in open_ones or lost_substitute(one)]


def _shown(reply: CalendarReply) -> Attendee | None:
    return reply.attendees[0] if reply.attendees else None


def _verdict(
    file: str,
    reply: CalendarReply,
    invitation: Invitation | None,
    attendee: Attendee | None,
    words: str,
    *,
    for_staff: bool = False,
) -> Verdict:
    kind = {
        "COUNTER": MessageKind.COUNTER,
        "REFRESH": MessageKind.REFRESH,
    }.get(reply.method, MessageKind.CALENDAR_REPLY)
    if attendee is not None and (attendee.partstat == "DELEGATED" or attendee.delegated_from):
        kind = MessageKind.DELEGATION
    return Verdict(
        file=file,
        kind=kind,
        recipient=invitation.contact.address if invitation is not None else None,
        uid=reply.uid,
        partstat=attendee.partstat if attendee is not None else "",
        attendee=attendee.address if attendee is not None else "",
        comment=reply.comment,
        verdict=words,
        token_ok=invitation is not None,
        token=invitation.token if invitation is not None else None,
        for_staff=for_staff,
    )
