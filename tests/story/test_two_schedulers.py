"""Two schedulers on one database at the same moments: each mail once."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, timedelta

import pytest

from tests.story.morning import EXPECTED, crowd_in
from tests.story.processes import Driver
from tests.story.scene import MAILBOXES, READERS, Story, moment
from tests.story.test_kill import delivered
from var_outreach import pipeline
from var_outreach.enqueuing import enqueue_mailings
from var_outreach.outbox.model import Mailing
from var_outreach.registrations.model import RegistrationState
from var_outreach.staff import mailings as staff_mailings
from var_outreach.storage.engine import Database


def tick_twice(story: Story) -> list[pipeline.TickReport]:
    """Let two applications, each with its own database connections, tick at the same moment."""
    together = threading.Barrier(2)
    reports: list[pipeline.TickReport] = []
    errors: list[BaseException] = []

    def run() -> None:
        database = Database(story.database.url.render_as_string(hide_password=False))
        app = story.start()
        app.database = database
        try:
            together.wait()
            reports.append(pipeline.tick(app))
        except BaseException as error:
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    assert not [key for report in reports for key in report.failed]
    return reports


def test_two_applications_on_a_busy_morning(morning_on_both: Story) -> None:
    story = morning_on_both
    reports = tick_twice(story)
    assert delivered(story) == EXPECTED
    enqueued = sum((report.enqueued for report in reports), Counter())
    assert enqueued.total() == EXPECTED.total()
    tick_twice(story)
    assert delivered(story) == EXPECTED


def test_two_processes_on_a_busy_morning(morning_on_both: Story, two_drivers: list[Driver]) -> None:
    story = morning_on_both
    expected = EXPECTED + crowd_in(story)
    story.sink.delay = 0.005
    for driver in two_drivers:
        driver.start(story)
    assert [driver.ended() for driver in two_drivers] == [0, 0]
    assert delivered(story) == expected
    assert len({one.connection for one in story.sink.caught}) > 2, "only one of them sent anything"


def test_two_applications_through_the_life_of_an_event(story_on_both: Story) -> None:
    """At every moment both tick: drafting, sending, answering, moving, reminding."""
    story = story_on_both
    story.plan("id: a, kind: leerhuis, title: Leerhuis, date: 2025-01-24")
    story.news("Nieuws", on=date(2025, 1, 3))
    tick_twice(story)
    story.release("invitation")
    story.clock.advance(timedelta(minutes=10))
    tick_twice(story)
    for address in MAILBOXES:
        story.answer("a", address, RegistrationState.ACCEPTED)
    tick_twice(story)
    story.edit("a", on_date=date(2025, 2, 14))
    tick_twice(story)
    story.release("update")
    story.clock.advance(timedelta(minutes=10))
    tick_twice(story)
    story.at(moment(1, 3))
    tick_twice(story)
    story.release("newsletter")
    story.at(moment(1, 7))
    tick_twice(story)
    story.at(moment(1, 27))
    tick_twice(story)
    kinds = ("invitation", "confirmation", "update", "reminder")
    expected = Counter({(kind, address): 1 for kind in kinds for address in MAILBOXES})
    expected += Counter({("newsletter", address): 1 for address in READERS})
    assert delivered(story) == expected
    sequences = {story.invitation("a", address).sequence for address in MAILBOXES}
    assert sequences == {1}


@pytest.mark.parametrize("repetition", range(2))
def test_a_hold_is_never_overtaken_by_the_scheduler(
    morning_on_both: Story, repetition: int
) -> None:
    """Taken back at the moment at which it is enqueued: either it went, or it is held."""
    story = morning_on_both
    key = story.mailing("newsletter").key
    together = threading.Barrier(2)

    def hold() -> None:
        app = story.start()
        together.wait()
        staff_mailings.hold_mailing(app, key, by="kernteam A")

    thread = threading.Thread(target=hold)
    thread.start()
    app = story.start()
    together.wait()
    report = pipeline.TickReport()
    enqueue_mailings(app, report)
    thread.join()
    pipeline.dispatch_mailings(app, report)
    with story.database.reading() as session:
        state = session.query(Mailing.state).filter_by(key=key).scalar()
    assert state == "held"
    assert not [one for one in story.sink.caught if one.recipient in READERS]
