"""Invitees who are not there: they accept, decline, wait, change their mind or stay silent.

*Reads*: what was sent. *Writes*: answers, by the page's own function and as calendar replies in a
mailbox. *Next*: the pipeline confirms them as it would anybody's.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.app import App
from var_outreach.clock import at_local, local_date
from var_outreach.errors import Conflict
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing
from var_outreach.pipeline import read_mailbox
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.working_days import working_day_after
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.model import Invitation, Registration, RegistrationState

ANSWER_HOUR = 11
CHOICES = (
    (RegistrationState.ACCEPTED, 0.46),
    (RegistrationState.DECLINED, 0.20),
    (RegistrationState.TENTATIVE, 0.07),
)
"""What an invitation leads to; the rest stays silent."""
AFTER_REMINDER = 0.45
BY_CALENDAR = 0.15
CHANGES_MIND = 0.06
DIETS = ("vegetarisch", "geen noten", "halal")
NOTES = ("Ik kom iets later.", "Ik neem de trein van 9 uur.", "Is er parkeergelegenheid?")
PARTSTAT = {
    RegistrationState.ACCEPTED: "ACCEPTED",
    RegistrationState.DECLINED: "DECLINED",
    RegistrationState.TENTATIVE: "TENTATIVE",
}


@dataclass(order=True)
class _Decision:
    at: datetime
    registration_id: int
    choice: RegistrationState = field(compare=False)
    by_calendar: bool = field(compare=False, default=False)


class Invitees:
    """All simulated people of one rehearsal; equal seeds decide equally."""

    def __init__(self, app: App, inbox: Path, seed: int) -> None:
        self._app = app
        self._inbox = inbox
        self._random = random.Random(seed)
        self._seen = 0
        self._decisions: list[_Decision] = []
        self._replies = 0
        for part in ("tmp", "new", "cur"):
            (inbox / part).mkdir(parents=True, exist_ok=True)

    def next_at(self) -> datetime | None:
        """Return when the next of them answers."""
        return self._decisions[0].at if self._decisions else None

    def receive(self) -> None:
        """Let everybody who got mail since the last call decide what to do with it."""
        now = self._app.clock.now()
        with self._app.database.reading() as session:
            for kind, variant, delivery_id, registration in self._new_mail(session):
                self._seen = max(self._seen, delivery_id)
                if registration.state is not RegistrationState.INVITED:
                    continue
                if kind == MailKind.REMINDER:
                    if self._random.random() < AFTER_REMINDER:
                        self._decide(registration.id, now, within_days=5)
                elif kind == MailKind.INVITATION or variant.endswith("/asked"):
                    self._decide(registration.id, now, within_days=16)

    def act(self) -> int:
        """Carry out what was decided up to now; return how many answers that gave."""
        now = self._app.clock.now()
        due: list[_Decision] = []
        while self._decisions and self._decisions[0].at <= now:
            due.append(heapq.heappop(self._decisions))
        with self._app.database.writing() as session:
            for decision in due:
                if not decision.by_calendar:
                    self._answer(session, decision, now)
        by_calendar = [decision for decision in due if decision.by_calendar]
        if by_calendar:
            with self._app.database.reading() as session:
                for decision in by_calendar:
                    self._reply(session, decision, now)
            read_mailbox(self._app, self._inbox)
        return len(due)

    def _new_mail(self, session: Session) -> Iterator[tuple[str, str, int, Registration]]:
        yield from session.execute(
            select(Mailing.kind, Delivery.variant, Delivery.id, Registration)
            .join(Mailing, Mailing.id == Delivery.mailing_id)
            .join(Registration, Registration.invitation_id == Delivery.invitation_id)
            .where(Delivery.id > self._seen, Delivery.state == DeliveryState.SENT)
            .order_by(Delivery.id, Registration.id)
        )

    def _decide(self, registration_id: int, now: datetime, *, within_days: int) -> None:
        drawn, choice = self._random.random(), None
        for option, share in CHOICES:
            if drawn < share:
                choice = option
                break
            drawn -= share
        if choice is None:
            return
        days = 1 + int(self._random.betavariate(1, 3) * within_days)
        by_calendar = self._random.random() < BY_CALENDAR
        at = self._on_day(now, days)
        heapq.heappush(self._decisions, _Decision(at, registration_id, choice, by_calendar))
        if choice is RegistrationState.ACCEPTED and self._random.random() < CHANGES_MIND:
            later = self._on_day(now, days + self._random.randint(2, 12))
            off = _Decision(later, registration_id, RegistrationState.CANCELLED)
            heapq.heappush(self._decisions, off)

    def _on_day(self, now: datetime, days: int) -> datetime:
        zone = self._app.settings.zone
        # Offices answer on working days.
        day = working_day_after(local_date(now, zone) + timedelta(days=days))
        return at_local(day, datetime.min.time().replace(hour=ANSWER_HOUR), zone)

    def _answer(self, session: Session, decision: _Decision, now: datetime) -> None:
        registration = session.get_one(Registration, decision.registration_id)
        coming = decision.choice is RegistrationState.ACCEPTED
        wants = coming and self._random.random() < 0.1
        answer = Answer(
            choice=decision.choice,
            attendee_name=registration.attendee_name,
            answered_by=registration.contact.name,
            note=self._random.choice(NOTES) if wants else "",
            diet=self._random.choice(DIETS) if wants and registration.event.asks_diet else "",
        )
        try:
            record_answer(session, registration, answer, via="rehearsal", now=now)
        except Conflict:
            # Too late, or the event is off: the page would say so too.
            return

    def _reply(self, session: Session, decision: _Decision, now: datetime) -> None:
        """Put into the mailbox what a calendar program sends when somebody presses a button."""
        registration = session.get_one(Registration, decision.registration_id)
        invitation = session.get_one(Invitation, registration.invitation_id)
        contact = invitation.contact
        own = self._app.settings.network
        answered = PARTSTAT.get(decision.choice, "DECLINED")
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        lines = (
            "BEGIN:VCALENDAR",
            "METHOD:REPLY",
            "PRODID:-//Rehearsal//Calendar//NL",
            "VERSION:2.0",
            "BEGIN:VEVENT",
            f"UID:{invitation.uid}",
            f"SEQUENCE:{max(invitation.sequence, 0)}",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{registration.event.on_date:%Y%m%d}",
            "SUMMARY:Antwoord",
            f"ATTENDEE;PARTSTAT={answered}:mailto:{contact.address}",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        )
        mail = EmailMessage()
        mail["From"] = f"<{contact.address}>"
        mail["To"] = own.organiser_address.replace("{token}", invitation.token)
        mail["Subject"] = f"{answered.capitalize()}: {registration.event.title}"
        mail["Message-ID"] = f"<reply-{self._replies}@rehearsal.example>"
        mail.set_content(f"{answered.capitalize()}.\n")
        mail.add_alternative(
            "\r\n".join(lines).encode(),
            maintype="text",
            subtype="calendar",
            params={"method": "REPLY", "charset": "UTF-8"},
        )
        self._replies += 1
        name = f"{self._replies:06d}.rehearsal"
        (self._inbox / "tmp" / name).write_bytes(mail.as_bytes())
        (self._inbox / "tmp" / name).rename(self._inbox / "new" / name)
