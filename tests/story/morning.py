"""A morning on which every kind of thing is due at once, to be interrupted or done twice."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import create_engine, insert, select, text

from tests.story.scene import MAILBOXES, READERS, Story, moment
from var_outreach.people.subscriptions import ask
from var_outreach.registrations.model import RegistrationState
from var_outreach.staff import mailings as staff_mailings
from var_outreach.storage.base import Base
from var_outreach.storage.engine import Database

MORNING = moment(1, 7, 9, 30)
MORE_READERS = tuple(f"lezer{number}@lezers.example" for number in range(7, 15))
ANSWERED = MAILBOXES[0]
NEWCOMER = "nieuw@lezers.example"
EXPECTED = Counter(
    {("invitation", address): 1 for address in MAILBOXES}
    | {("newsletter", address): 1 for address in (*READERS, *MORE_READERS)}
    | {("reminder", address): 1 for address in MAILBOXES if address != ANSWERED}
    | {("confirmation", ANSWERED): 1, ("subscription", NEWCOMER): 1}
)
"""Who gets which mail on this morning, once."""


def lead_up_to_the_morning(story: Story) -> None:
    """Play three weeks, so that on ``MORNING`` all of ``EXPECTED`` is due and nothing done."""
    story.add_readers(MORE_READERS)
    plan = (
        "id: soon, kind: leerhuis, title: Winter, date: 2025-01-24",
        "id: later, kind: leerhuis, title: Voorjaar, date: 2025-02-18",
    )
    story.plan(*plan)
    story.tick()
    assert len(story.send("invitation", "soon")) == len(MAILBOXES)
    story.at(moment(1, 4, 10))
    story.plan(*plan, "id: past, kind: leerhuis, title: Geweest, date: 2025-01-06")
    story.news("Nieuws", on=date(2025, 1, 3))
    story.tick()
    story.release("invitation", "later")
    story.release("newsletter")
    story.at(moment(1, 6, 20))
    story.answer("soon", ANSWERED, RegistrationState.ACCEPTED)
    with story.database.writing() as session:
        ask(session, NEWCOMER, "Nieuw", "nl", source="test", wording="1", now=story.clock.now())


def crowd_in(story: Story) -> Counter[tuple[str, str]]:
    """Add readers, enough for several connections; return what they get, once, in ten minutes."""
    crowd = tuple(f"menigte{number}@lezers.example" for number in range(45))
    story.add_readers(crowd)
    staff_mailings.hold_mailing(story.start(), story.mailing("newsletter").key, by="kernteam A")
    story.release("newsletter")
    story.clock.advance(timedelta(minutes=10))
    return Counter(("newsletter", address) for address in crowd)


def copy_rows(file: Path, target: Database) -> None:
    """Copy every row of the SQLite ``file`` into the empty ``target``."""
    source = create_engine(f"sqlite:///{file}")
    with source.connect() as connection, target.writing() as session:
        for table in Base.metadata.sorted_tables:
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            if rows:
                session.execute(insert(table), rows)
            if rows and "id" in table.c and not target.is_sqlite:
                name, last = table.name, max(row["id"] for row in rows)
                sequence = session.scalar(text(f"SELECT pg_get_serial_sequence('{name}', 'id')"))
                if sequence:
                    session.execute(text(f"SELECT setval('{sequence}', {last})"))
    source.dispose()
