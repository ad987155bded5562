"""SEQUENCE rises with date, time, place, form, status and a CANCEL, and with nothing else.

CALENDAR rule 6 as a table; the number is kept for each invitation.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.outbox.network import ACCEPTED, Network
from tests.outbox.scene import Outbox
from tests.registrations.scene import Scene
from var_outreach.agenda.model import EventState
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.invitees import withdraw

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)


def moved(network: Network, by: timedelta) -> None:
    event = network.event
    assert event.starts_at is not None
    assert event.ends_at is not None
    starts = event.starts_at + by
    network.change(on_date=starts.date(), starts_at=starts, ends_at=event.ends_at + by)


def later(network: Network) -> None:
    assert network.event.ends_at is not None
    network.change(ends_at=network.event.ends_at + HOUR)


def back_and_forth(network: Network) -> None:
    moved(network, WEEK)
    moved(network, -WEEK)


def two_changes(network: Network) -> None:
    moved(network, WEEK)
    network.change(place="Stadhuis Schiedam")


def until(network: Network) -> None:
    assert network.event.on_date is not None
    network.change(until_date=network.event.on_date + timedelta(days=1))


TABLE: dict[str, tuple[Callable[[Network], None], int]] = {
    "the date": (lambda n: moved(n, WEEK), 1),
    "the hour": (lambda n: moved(n, HOUR), 1),
    "the end": (later, 1),
    "the last day": (until, 1),
    "the place": (lambda n: n.change(place="Stadhuis Schiedam"), 1),
    "the address": (lambda n: n.change(address="Stadhuisplein 1"), 1),
    "the form": (lambda n: n.change(online_url="https://webinar.example/x"), 1),
    "two things before one mail": (two_changes, 1),
    "the date, and back before a mail went": (back_and_forth, 1),
    "the title": (lambda n: n.change(title="Leerhuis Haven"), 0),
    "the programme": (lambda n: n.change(programme=[{"from": "09.30", "title": "Welkom"}]), 0),
}


@pytest.mark.parametrize("change", list(TABLE))
def test_update(outbox: Outbox, scene: Scene, change: str) -> None:
    act, expected = TABLE[change]
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        first = network.invited()
        assert {_of(one) for one in first} == {("REQUEST", 0)}
        outbox.clock.advance(HOUR)
        act(network)
        updates = network.outdated()
        assert len(updates) == 2
        assert {_of(one) for one in updates} == {("REQUEST", expected)}
        uids = [one.calendar["uid"] for one in first if one.calendar]
        assert [one.calendar["uid"] for one in updates if one.calendar] == uids


@pytest.mark.parametrize("state", [EventState.CANCELLED, EventState.POSTPONED])
def test_event_that_is_off(outbox: Outbox, scene: Scene, state: EventState) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        network.change(state=state)
        cancels = network.outdated(MailKind.CANCELLATION)
        assert {_of(one) for one in cancels} == {("CANCEL", 1)}


def test_event_that_is_on_again(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        network.change(state=EventState.CANCELLED)
        network.outdated(MailKind.CANCELLATION)
        network.change(state=EventState.CONFIRMED)
        assert {_of(one) for one in network.outdated()} == {("REQUEST", 2)}


def test_hours_for_a_save_the_date(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        day = outbox.clock.now() + timedelta(days=60)
        network = Network(outbox, scene, session, starts_at=None, ends_at=None, day=day)
        (*_, first) = network.invited()
        assert first.calendar is not None
        assert first.calendar["tentative"] is True
        network.change(starts_at=day, ends_at=day + 3 * HOUR)
        updates = network.outdated()
        assert {_of(one) for one in updates} == {("REQUEST", 1)}
        # Nobody is asked anew: the day stayed the same.
        assert {one.variant for one in updates} == {"nl"}


def test_answers_change_no_number(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        network.answer(network.rows(network.mayor)[0], ACCEPTED)
        (one,) = network.told(MailKind.CONFIRMATION)
        assert _of(one) == ("REQUEST", 0)


def test_withdrawal_and_return_raise_that_person_only(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        (row,) = network.rows(network.mayor)
        withdraw(session, row, by="staf", now=outbox.clock.now())
        (cancel,) = network.told(MailKind.WITHDRAWAL)
        assert _of(cancel) == ("CANCEL", 1)
        network.answer(row, ACCEPTED, via="staff")
        (again,) = network.told(MailKind.CONFIRMATION)
        assert _of(again) == ("REQUEST", 2)
        assert network.invitation(network.desk).sequence == 0


def test_late_invitee_begins_at_nought_and_others_go_on(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        served = frozenset(one.key for one in network.invited())
        moved(network, WEEK)
        network.outdated()
        network.office("griffier", holder=scene.contact(session))
        (late,) = network.invited(served=served)
        assert _of(late) == ("REQUEST", 0)
        assert network.invitation(network.desk).sequence == 1


def test_replies_to_the_present_date_are_never_stale(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        back_and_forth(network)
        network.outdated()
        invitation = network.invitation(network.desk)
        session.refresh(invitation)
        assert invitation.sequence >= invitation.date_sequence


def _of(recipient: Recipient) -> tuple[Any, Any]:
    assert recipient.calendar is not None
    return recipient.calendar["method"], recipient.calendar["sequence"]
