"""Who was there: marked, marked otherwise, taken back; and who walked in."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.agenda.model import Event
from var_outreach.errors import Conflict, HeaderError
from var_outreach.people.model import Contact, Organisation
from var_outreach.registrations import store
from var_outreach.registrations.attendance import (
    DOOR,
    WalkIn,
    add_walk_in,
    mark_all_accepted_attended,
    mark_attendance,
    unmark_attendance,
)
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.registrations.waiting import record_change
from var_outreach.storage.engine import Database

S = RegistrationState


def accepted(session: Session, scene: Scene, event: Event, count: int) -> list[Registration]:
    rows = scene.invited(session, event, count)
    for row in rows:
        record_change(session, row, S.ACCEPTED, by="test", via="page", now=scene.now)
    session.flush()
    return rows


def walk_in(
    session: Session, event: Event, now: datetime, name: str = "Ada van der Berg", **more: object
) -> tuple[Registration, bool]:
    person = WalkIn(name, **more)  # type: ignore[arg-type]
    return add_walk_in(session, event, person, by="staf", uid_domain=DOMAIN, now=now)


def test_a_mark_can_be_changed_and_the_history_keeps_both(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        (row,) = accepted(session, scene, event, 1)
        mark_attendance(session, row, True, by="deur", now=now)
        mark_attendance(session, row, True, by="deur", now=now)
        mark_attendance(session, row, False, by="staf", now=now + timedelta(hours=1))
        assert row.state is S.ABSENT
        history = [(one.before, one.after, one.by) for one in store.history(session, row.id)][-2:]
        assert history == [
            (S.ACCEPTED, S.ATTENDED, "deur"),
            (S.ATTENDED, S.ABSENT, "staf"),
        ]
        assert row.version == row.notified_version


@pytest.mark.parametrize("before", [S.INVITED, S.DECLINED, S.TENTATIVE, S.REPRESENTED])
def test_who_came_all_the_same_and_did_not_after_all_is_what_they_were(
    database: Database, scene: Scene, now: datetime, before: S
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        (row,) = scene.invited(session, event, 1)
        if before is not S.INVITED:
            record_change(session, row, before, by="test", via="page", now=now)
        mark_attendance(session, row, True, by="deur", now=now)
        assert row.state is S.ATTENDED
        mark_attendance(session, row, False, by="staf", now=now)
        assert row.state is before
        with pytest.raises(Conflict, match="no place"):
            mark_attendance(session, row, False, by="staf", now=now)


def test_a_mark_is_taken_back(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session)
        there, absent, unmarked = accepted(session, scene, event, 3)
        mark_attendance(session, there, True, by="deur", now=now)
        mark_attendance(session, absent, False, by="deur", now=now)
        for row in (there, absent, unmarked):
            unmark_attendance(session, row, by="staf", now=now)
        assert {row.state for row in (there, absent, unmarked)} == {S.ACCEPTED}
        assert store.history(session, unmarked.id)[-1].after is S.ACCEPTED
        assert len(store.history(session, unmarked.id)) == 2


def test_all_but_some_were_there(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session)
        one, two, three = accepted(session, scene, event, 3)
        (silent,) = scene.invited(session, event, 1)
        count = mark_all_accepted_attended(session, event, by="staf", now=now, absent={two.id})
        assert count == 2
        assert [row.state for row in (one, two, three, silent)] == [
            S.ATTENDED,
            S.ABSENT,
            S.ATTENDED,
            S.INVITED,
        ]


def test_somebody_walks_in(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session)
        town = Organisation(key="gemeente-schiedam", name="Gemeente Schiedam", kind="gemeente")
        session.add(town)
        session.flush()
        row, is_new = walk_in(
            session,
            event,
            now,
            function="adviseur",
            organisation=town,
            guest_until_on=date(2025, 5, 7),
        )
        assert is_new
        assert (row.state, row.answered_via, row.organisation_id) == (S.ATTENDED, DOOR, town.id)
        assert (row.attendee_name, row.attendee_function) == ("Ada van der Berg", "adviseur")
        assert (row.contact.address, row.contact.guest_until_on) == (None, date(2025, 5, 7))
        assert store.due_notices(session) == []
        # Two of one name at the door are two people: nobody's address says otherwise.
        assert walk_in(session, event, now)[0].id != row.id


def test_a_walk_in_who_was_not_there_after_all_is_no_guest(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        first, _ = walk_in(session, event, now)
        second, _ = walk_in(session, event, now)
        mark_attendance(session, first, False, by="staf", now=now)
        unmark_attendance(session, second, by="staf", now=now)
        assert (first.state, second.state) == (S.CANCELLED, S.CANCELLED)


def test_a_walk_in_whose_mailbox_is_known_is_marked(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        contact = scene.contact(session, "Ada Bakker")
        invite(session, event, Invited(contact.id), uid_domain=DOMAIN, now=now)
        later = now + timedelta(days=60)
        assert contact.address is not None
        row, is_new = walk_in(
            session, event, later, address=contact.address.upper(), guest_until_on=date(2025, 5, 7)
        )
        assert (is_new, row.contact_id, row.state) == (False, contact.id, S.ATTENDED)
        assert contact.guest_until_on is None
        assert session.scalars(select(Registration.id)).all() == [row.id]


def test_the_office_of_somebody_at_the_door_keeps_its_own_answer(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        office = scene.office(session)
        assert office.holder is not None
        invite(session, event, Invited(office.holder.id, (office.id,)), uid_domain=DOMAIN, now=now)
        row, is_new = walk_in(session, event, now, address=office.holder.address)
        assert is_new
        assert row.function_id is None
        assert row.invitation.contact_id == office.holder.id


def test_what_cannot_be_a_name_or_address_is_refused(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        for name, address in (("Ada\r\nBcc: x", None), ("Ada Bakker", "geen adres")):
            with pytest.raises(HeaderError):
                walk_in(session, event, now, name, address=address)
        assert session.scalars(select(Contact.id)).all() == []
