"""Stopped anywhere and run again: the same mail, once; killed while sending: nobody is lost."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import select

from tests.story.morning import EXPECTED, MORE_READERS, crowd_in
from tests.story.processes import Driver
from tests.story.scene import READERS, Story
from tests.story.sink import Caught
from var_outreach import pipeline
from var_outreach.app import App
from var_outreach.enqueuing import enqueue_mailings
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.claims import (
    Claimed,
    Outcome,
    claim_deliveries,
    record_outcomes,
    start_transmitting,
)
from var_outreach.outbox.model import ONCE_AT_MOST, Delivery, DeliveryState, Mailing
from var_outreach.staff import mailings as staff_mailings
from var_outreach.storage.engine import Database

DEAD = "a machine that is no more/1/gone"
LEASE = timedelta(minutes=15)


def delivered(story: Story) -> Counter[tuple[str, str]]:
    """Return how often each recipient got each kind of mail, of all that was caught."""
    with story.database.reading() as session:
        rows = session.execute(select(Delivery.message_id, Mailing.kind).join(Mailing)).all()
    kinds = {row.message_id: row.kind for row in rows}
    return Counter((kinds[one.message_id], one.recipient) for one in story.sink.caught)


# ---- between each pair of steps


@dataclass
class Run:
    """One run of the service, step by step, by a sender that will not see its end."""

    app: App
    report: pipeline.TickReport = field(default_factory=pipeline.TickReport)
    claimed: list[Claimed] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def close(self) -> None:
        pipeline.close_past_events(self.app)

    def compose(self) -> None:
        pipeline.compose_mailings(self.app, self.report)

    def enqueue(self) -> None:
        enqueue_mailings(self.app, self.report)

    def claim(self) -> None:
        with self.app.database.writing() as session:
            self.claimed = claim_deliveries(
                session, worker=DEAD, limit=25, lease=LEASE, now=self.app.clock.now(),
                signer=self.app.signer,
            ).deliveries  # fmt: skip
        assert len(self.claimed) == 25

    def start_transmitting(self) -> None:
        with self.app.database.writing() as session:
            started = start_transmitting(
                session, self.claimed[:2], worker=DEAD, lease=LEASE, now=self.app.clock.now()
            )
        assert len(started) == 2

    def transmit(self) -> None:
        connection = self.app.transport().connect()
        for one in self.claimed[:2]:
            assert connection.send(self.app.letters.write(one)).accepted
            self.outcomes.append(Outcome(one.id, DeliveryState.SENT, 250, "kept"))
        connection.close()

    def record(self) -> None:
        with self.app.database.writing() as session:
            record_outcomes(session, self.outcomes, worker=DEAD, now=self.app.clock.now())

    def finish(self) -> None:
        with self.app.database.writing() as session:
            outbox.finish_mailings(session, now=self.app.clock.now())


STEPS: dict[str, Callable[[Run], None]] = {
    "nothing": lambda run: None,
    "close": Run.close,
    "compose": Run.compose,
    "enqueue": Run.enqueue,
    "claim": Run.claim,
    "start_transmitting": Run.start_transmitting,
    "transmit": Run.transmit,
    "record": Run.record,
    "finish": Run.finish,
}


@pytest.mark.parametrize("last", STEPS)
def test_stopped_after_each_step_and_run_again(morning_on_both: Story, last: str) -> None:
    story, run = morning_on_both, Run(morning_on_both.start())
    for name, step in STEPS.items():
        step(run)
        if name == last:
            break
    doubted = run.claimed[:2] if last == "transmit" else []
    story.until_quiet()
    count = delivered(story)
    assert EXPECTED - count == Counter(), "somebody is lost"
    assert count - EXPECTED == Counter((one.kind, one.address) for one in doubted)
    for one in doubted:
        copies = [mail for mail in story.sink.caught if mail.message_id == one.message_id]
        assert len(copies) == 2
        assert copies[0].content == copies[1].content
    assert story.event("past").state == "held"
    assert story.mailing("newsletter").state == "sent"


# ---- at every commit before the first message


class Killed(BaseException):
    """The process is no more."""


class DoomedDatabase(Database):
    """A database whose process dies just before its ``lives``-th commit."""

    def __init__(self, url: str, lives: int) -> None:
        super().__init__(url)
        self.lives = lives

    @contextmanager
    def transaction(
        self, connection: DatabaseConnection | None = None
    ) -> Iterator[DatabaseConnection]:
        """Open a transaction that may never be committed."""
        if self.lives <= 0:
            raise Killed
        with super().transaction(connection) as opened:
            yield opened
            self.lives -= 1
            if self.lives == 0:
                raise Killed


def test_killed_before_every_commit_until_the_first_message(morning: Story) -> None:
    """One kill after the other, each one commit later than the one before."""
    url = morning.database.url.render_as_string()
    lives = 0
    while not morning.sink.caught:
        lives += 1
        assert lives < 40
        doomed = DoomedDatabase(url, lives)
        app = morning.start()
        app.database = doomed
        with pytest.raises(Killed):
            pipeline.tick(app)
        doomed.close()
    assert lives > 10, "there are more commits than that before the first message"
    morning.until_quiet()
    # The first message had gone when its record was lost: an answer's, so it goes again.
    assert EXPECTED - delivered(morning) == Counter()
    assert (delivered(morning) - EXPECTED).total() <= 2


# ---- SIGKILL while sending


def kill_while_sending(story: Story, driver: Driver, rng: random.Random, times: int) -> int:
    """Start sending and kill it in the middle, ``times`` times; return how many died of it."""
    killed = 0
    for _ in range(times):
        target = len(story.sink.caught) + rng.randint(1, 12)
        child = driver.start(story, "dispatch")
        deadline = time.monotonic() + 20
        while len(story.sink.caught) < target and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.03))
        killed += driver.kill(child)
    return killed


def test_killed_by_the_machine_while_sending(morning: Story, driver: Driver) -> None:
    crowd = crowd_in(morning)
    run = Run(morning.start())
    run.compose()
    run.enqueue()
    morning.sink.delay = 0.01
    killed = kill_while_sending(morning, driver, random.Random(), times=5)
    assert killed >= 2, "too few runs were killed in the middle to show anything"
    assert len({one.connection for one in morning.sink.caught}) > killed
    morning.sink.delay = 0
    driver.start(morning)
    assert driver.ended() == 0
    at_most = killed * morning.connections

    by_message: dict[str, list[Caught]] = defaultdict(list)
    for one in morning.sink.caught:
        by_message[one.message_id].append(one)
    for copies in by_message.values():
        assert len({(one.recipient, one.content) for one in copies}) == 1, "a copy differs"
    count = delivered(morning)
    transactional = Counter({key: n for key, n in EXPECTED.items() if key[0] not in ONCE_AT_MOST})
    letters = Counter({key: n for key, n in count.items() if key[0] in ONCE_AT_MOST})
    assert transactional - count == Counter(), "somebody is lost"
    again = Counter({key: n for key, n in count.items() if key not in letters}) - transactional
    assert again.total() <= at_most

    newsletter = morning.mailing("newsletter")
    states = morning.deliveries(newsletter.key)
    assert set(states) <= {"sent", "uncertain"}
    assert states.total() == len(READERS) + len(MORE_READERS) + len(crowd)
    assert states["uncertain"] + again.total() <= at_most
    assert set(letters.values()) <= {1}, "a newsletter came twice"
    assert states["sent"] <= letters.total() <= states["sent"] + states["uncertain"]


def test_what_is_uncertain_waits_for_a_person(morning: Story) -> None:
    key = morning.mailing("newsletter").key
    run = Run(morning.start())
    run.compose()
    run.enqueue()
    with morning.database.writing() as session:
        rows = session.scalars(select(Delivery).join(Mailing).where(Mailing.key == key)).all()
        rows[0].state, rows[0].lease_by = DeliveryState.TRANSMITTING, DEAD
        rows[0].lease_until = morning.clock.now()
        doubted = rows[0].address
    morning.clock.advance(LEASE)
    morning.tick()
    assert morning.deliveries(key) == {"sent": 13, "uncertain": 1}
    assert morning.mailing("newsletter").state == "sending"
    morning.tick()
    assert delivered(morning)["newsletter", doubted] == 0
    assert staff_mailings.settle_uncertain(morning.start(), key, send=True) == 1
    morning.tick()
    assert delivered(morning) == EXPECTED
    assert morning.mailing("newsletter").state == "sent"
