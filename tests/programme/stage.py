"""An event with rounds of workshops and guests who come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.registrations.scene import Scene
from var_outreach.agenda.model import Event
from var_outreach.agenda.yaml_rounds import RoundPlan, WorkshopPlan
from var_outreach.programme.arranging import ArrangeReport, arrange, find_workshop
from var_outreach.programme.choosing import choose
from var_outreach.programme.model import ProgrammeNotice, WorkshopChoice
from var_outreach.programme.store import chosen_workshops
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.model import Registration, RegistrationState

ZONE = ZoneInfo("Europe/Amsterdam")


def a_round(key: str, *workshops: WorkshopPlan, starts: time | None = None) -> RoundPlan:
    """Return a round of an hour."""
    ends = None if starts is None else starts.replace(hour=starts.hour + 1)
    return RoundPlan(key, key.title(), starts, ends, workshops)


def a_workshop(key: str, capacity: int | None = None, room: str = "zaal 1") -> WorkshopPlan:
    """Return a workshop called like its key."""
    return WorkshopPlan(key, key.title(), room=room, capacity=capacity)


@dataclass
class Stage:
    """Makes rows in a session."""

    scene: Scene

    @property
    def now(self) -> datetime:
        """When it all happens."""
        return self.scene.now

    def event(self, session: Session, *rounds: RoundPlan, **fields: Any) -> Event:
        """Return an event with ``rounds``."""
        event = self.scene.event(session, **fields)
        self.arrange(session, event, *rounds)
        return event

    def arrange(
        self, session: Session, event: Event, *rounds: RoundPlan, **options: Any
    ) -> ArrangeReport:
        """Make the programme what ``rounds`` say."""
        return arrange(session, event, rounds, zone=ZONE, now=self.now, **options)

    def guests(self, session: Session, event: Event, count: int) -> list[Registration]:
        """Return so many guests who come."""
        guests = self.scene.invited(session, event, count)
        for one in guests:
            self.say(session, one, RegistrationState.ACCEPTED)
        return guests

    def say(self, session: Session, one: Registration, state: RegistrationState) -> None:
        """Answer for a guest."""
        record_answer(session, one, Answer(state), via="page", now=self.now)

    def choose(self, session: Session, one: Registration, key: str) -> str:
        """Choose a workshop; return what became of it."""
        workshop = find_workshop(session, one.event, key)
        return choose(session, one, workshop, now=self.now).value

    def where(self, session: Session, event: Event, one: Registration) -> list[str]:
        """Return the titles of the workshops that a guest is in."""
        return [title for _, title, _ in chosen_workshops(session, event).get(one.id, [])]

    def waits(self, session: Session, one: Registration) -> list[str]:
        """Return the titles of the workshops that a guest waits for."""
        return [
            row.workshop.title
            for row in session.scalars(
                select(WorkshopChoice).where(
                    WorkshopChoice.registration_id == one.id, WorkshopChoice.state == "waiting"
                )
            )
        ]

    def untold(self, session: Session, one: Registration) -> tuple[int, bool]:
        """Return how many changes a guest was not told of, and whether it is good news alone."""
        notice = session.get(ProgrammeNotice, one.id)
        if notice is None:
            return 0, False
        return notice.version - notice.notified_version, notice.moved_up
