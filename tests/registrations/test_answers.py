"""One answer at a time: what it leads to, and what it refuses."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.registrations.scene import DOMAIN, Scene
from var_outreach.agenda.model import EventState
from var_outreach.errors import Conflict, HeaderError, InputError
from var_outreach.registrations import store
from var_outreach.registrations.answers import (
    Answer,
    close_event,
    promote_waiting,
    record_answer,
    register_openly,
    reopen_after_move,
)
from var_outreach.registrations.attendance import mark_all_accepted_attended, mark_attendance
from var_outreach.registrations.invitees import withdraw
from var_outreach.registrations.model import Invitation, RegistrationState
from var_outreach.storage.engine import Database

S = RegistrationState


def say(session: Any, one: Any, choice: RegistrationState, now: datetime, **more: Any) -> Any:
    via = more.pop("via", "page")
    return record_answer(session, one, Answer(choice, **more), via=via, now=now)


def test_first_acceptance_counts_and_is_due(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=5, revision=3)
        (one,) = scene.invited(session, event, 1)
        say(session, one, S.ACCEPTED, now, note="met de trein", diet="geen noten")
    with database.reading() as session:
        (due,) = store.due_notices(session)
        assert (due.state, due.version, due.notified_version) == (S.ACCEPTED, 1, 0)
        assert (due.note, due.diet, due.answered_via) == ("met de trein", "geen noten", "page")
        assert (due.answered_revision, due.answered_at) == (3, now)
        changes = store.history(session, due.id)
        assert [(c.before, c.after) for c in changes] == [
            (None, S.INVITED),
            (S.INVITED, S.ACCEPTED),
        ]
        assert "noten" not in "".join(c.comment for c in changes)


def test_same_answer_twice_changes_nothing(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=5)
        (one,) = scene.invited(session, event, 1)
        for hour in range(3):
            say(session, one, S.ACCEPTED, now + timedelta(hours=hour), note="hallo")
        assert one.version == 1
        assert one.answered_at == now
        assert len(store.history(session, one.id)) == 2


def test_a_changed_note_is_kept_and_mails_nobody(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        (one,) = scene.invited(session, event, 1)
        say(session, one, S.ACCEPTED, now, note="eerst", diet="vegetarisch")
        say(session, one, S.ACCEPTED, now, note="dan")
        assert (one.note, one.diet, one.version) == ("dan", "vegetarisch", 1)
        say(session, one, S.ACCEPTED, now, note="")
        assert (one.note, one.version) == ("", 1)


def test_a_substitute_is_confirmed(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session)
        (one,) = scene.invited(session, event, 1)
        say(session, one, S.ACCEPTED, now)
        say(session, one, S.ACCEPTED, now, attendee_name="Loco Burgemeester")
        assert (one.attendee_name, one.version) == ("Loco Burgemeester", 2)
        with pytest.raises(HeaderError):
            say(session, one, S.ACCEPTED, now, attendee_name="A\r\nBcc: b@c.example")


@pytest.mark.parametrize(
    ("first", "then", "after"),
    [
        (S.ACCEPTED, S.DECLINED, S.CANCELLED),
        (S.ACCEPTED, S.CANCELLED, S.CANCELLED),
        (S.ACCEPTED, S.TENTATIVE, S.TENTATIVE),
        (S.TENTATIVE, S.ACCEPTED, S.ACCEPTED),
        (S.TENTATIVE, S.DECLINED, S.DECLINED),
        (S.DECLINED, S.ACCEPTED, S.ACCEPTED),
        (S.DECLINED, S.CANCELLED, S.DECLINED),
        (S.CANCELLED, S.CANCELLED, S.DECLINED),
    ],
)
def test_where_an_answer_leads(
    database: Database, scene: Scene, now: datetime, first: Any, then: Any, after: Any
) -> None:
    with database.writing() as session:
        (one,) = scene.invited(session, scene.event(session), 1)
        say(session, one, first, now)
        say(session, one, then, now)
        assert one.state is after


def test_full_means_waiting_and_a_place_goes_to_the_first(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=1)
        first, second, third = scene.invited(session, event, 3)
        # In another order than they were invited, at one and the same moment.
        for one in (second, third, first):
            say(session, one, S.ACCEPTED, now)
        assert [one.state for one in (second, third, first)] == [
            S.ACCEPTED,
            S.WAITLISTED,
            S.WAITLISTED,
        ]
        assert store.waitlist_number(session, third) == 1
        assert store.waitlist_number(session, first) == 2
        say(session, second, S.DECLINED, now + timedelta(days=1))
        assert (third.state, third.version) == (S.ACCEPTED, 2)
        assert third.promoted_at == now + timedelta(days=1)
        assert (first.state, first.version) == (S.WAITLISTED, 1)
        assert store.waitlist_number(session, first) == 1
        assert store.places_left(session, event) == 0


def test_raised_capacity_promotes(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=0)
        ones = scene.invited(session, event, 3)
        for one in ones:
            say(session, one, S.ACCEPTED, now)
        event.capacity = 2
        assert [one.id for one in promote_waiting(session, event, now=now)] == [
            one.id for one in ones[:2]
        ]
        event.capacity = None
        promote_waiting(session, event, now=now)
        assert store.counts_by_state(session, event.id) == {S.ACCEPTED: 3}
        assert store.counts_by_state(session, event.id)[S.WAITLISTED] == 0
        assert store.counts_all(session)[event.id][S.ACCEPTED] == 3


def test_nobody_overtakes_the_waiting_list(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=0)
        waiting, newcomer = scene.invited(session, event, 2)
        say(session, waiting, S.ACCEPTED, now)
        event.capacity = 1
        say(session, newcomer, S.ACCEPTED, now)
        assert (waiting.state, newcomer.state) == (S.ACCEPTED, S.WAITLISTED)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": EventState.CANCELLED},
        {"state": EventState.POSTPONED},
        {"state": EventState.HELD},
        {"day": datetime.fromisoformat("2025-01-05T09:00+00:00")},
        {
            "on_date": date(2025, 1, 5),
            "starts_at": None,
            "ends_at": None,
        },
    ],
)
def test_an_event_that_is_off_or_over_takes_no_answer(
    database: Database, scene: Scene, now: datetime, fields: dict[str, Any]
) -> None:
    with database.writing() as session:
        event = scene.event(session, **fields)
        (one,) = scene.invited(session, event, 1)
        for via in ("page", "calendar", "staff"):
            with pytest.raises(Conflict):
                say(session, one, S.ACCEPTED, now, via=via)
        assert (one.state, one.version) == (S.INVITED, 0)


def test_the_deadline_counts_in_local_dates(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, answer_by_on=date(2025, 1, 31), capacity=1)
        in_time, late, last = scene.invited(session, event, 3)
        # 23.59 in Amsterdam on the last day, and a minute later.
        say(session, in_time, S.ACCEPTED, datetime.fromisoformat("2025-01-31T22:59+00:00"))
        after = datetime.fromisoformat("2025-01-31T23:00+00:00")
        with pytest.raises(Conflict):
            say(session, late, S.ACCEPTED, after)
        say(session, in_time, S.CANCELLED, after)
        assert in_time.state is S.CANCELLED
        say(session, last, S.ACCEPTED, after, via="staff")
        assert last.state is S.ACCEPTED


def test_only_a_choice_is_an_answer(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        (one,) = scene.invited(session, scene.event(session), 1)
        with pytest.raises(InputError):
            say(session, one, S.ATTENDED, now)


def test_who_is_withdrawn_leaves_a_place_and_cannot_come_back(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=1)
        gone, waiting = scene.invited(session, event, 2)
        say(session, gone, S.ACCEPTED, now)
        say(session, waiting, S.ACCEPTED, now)
        withdraw(session, gone, by="staf", now=now)
        withdraw(session, gone, by="staf", now=now)
        assert (gone.state, gone.version) == (S.CANCELLED, 2)
        assert store.is_withdrawn(session, gone)
        assert waiting.state is S.ACCEPTED
        for via in ("page", "calendar"):
            with pytest.raises(Conflict):
                say(session, gone, S.ACCEPTED, now, via=via)
        say(session, gone, S.ACCEPTED, now, via="staff")
        assert gone.state is S.WAITLISTED


def test_withdrawn_before_any_mail_is_not_told(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        unmailed, mailed = scene.invited(session, event, 2)
        mailed.invitation.revision_sent = 0
        for one in (unmailed, mailed):
            withdraw(session, one, by="staf", now=now)
        assert (unmailed.version, mailed.version) == (0, 1)


def test_a_moved_date_asks_everybody_anew(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=1)
        comes, waits, away, left, off, silent = scene.invited(session, event, 6)
        say(session, comes, S.ACCEPTED, now)
        say(session, waits, S.ACCEPTED, now)
        say(session, away, S.DECLINED, now)
        say(session, left, S.TENTATIVE, now)
        say(session, left, S.CANCELLED, now)
        withdraw(session, off, by="staf", now=now)
        comes.invitation.sequence = 2
        session.flush()
        assert reopen_after_move(session, event, now=now) == 4
        asked = (comes, waits, away, left, silent)
        assert {one.state for one in asked} == {S.INVITED}
        assert off.state is S.CANCELLED
        assert comes.answered_at is None
        assert (comes.version, comes.notified_version) == (1, 1)
        assert store.history(session, comes.id)[-1].before is S.ACCEPTED
        invitation = session.get_one(Invitation, comes.invitation_id)
        assert (invitation.date_sequence, silent.invitation.date_sequence) == (3, 0)
        say(session, waits, S.ACCEPTED, now)
        assert waits.state is S.ACCEPTED


def test_a_closed_event_owes_nobody_a_notice(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event, other = scene.event(session), scene.event(session)
        (one,) = scene.invited(session, event, 1)
        (elsewhere,) = scene.invited(session, other, 1)
        for registration in (one, elsewhere):
            say(session, registration, S.ACCEPTED, now)
        close_event(session, event, now=now)
        assert [due.id for due in store.due_notices(session)] == [elsewhere.id]


def test_attendance(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session)
        came, stayed_away, walked_in = scene.invited(session, event, 3)
        for one in (came, stayed_away):
            say(session, one, S.ACCEPTED, now)
        with pytest.raises(Conflict):
            mark_attendance(session, walked_in, False, by="staf", now=now)
        assert mark_all_accepted_attended(session, event, by="staf", now=now) == 2
        mark_attendance(session, stayed_away, False, by="staf", now=now)
        mark_attendance(session, walked_in, True, by="staf", now=now)
        assert [one.state for one in (came, stayed_away, walked_in)] == [
            S.ATTENDED,
            S.ABSENT,
            S.ATTENDED,
        ]
        assert [one.version for one in (came, stayed_away, walked_in)] == [1, 1, 0]


def register(session: Any, event: Any, address: Any, now: datetime, **more: Any) -> Any:
    name = more.pop("name", "Nieuwe Gast")
    return register_openly(
        session,
        event,
        name=name,
        address=address,
        note="",
        diet="",
        language="nl",
        uid_domain=DOMAIN,
        now=now,
        **more,
    )


def test_open_registration(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        closed, event = (
            scene.event(session),
            scene.event(session, registration_open=True, capacity=1),
        )
        with pytest.raises(Conflict):
            register(session, closed, "gast@wijk.example", now)
        with pytest.raises(HeaderError):
            register(session, event, "gast@wijk.example\nBcc: x@y.example", now)
        one = register(session, event, "gast@WIJK.example", now)
        again = register(session, event, "gast@wijk.example", now)
        assert again.id == one.id
        assert (one.state, one.version) == (S.ACCEPTED, 1)
        assert one.invitation.uid == f"{one.invitation.token}@{DOMAIN}"
        other = register(session, event, "ander@wijk.example", now)
        assert other.state is S.WAITLISTED
        say(session, one, S.CANCELLED, now)
        assert register(session, event, "gast@wijk.example", now).state is S.WAITLISTED


def test_the_open_form_takes_nobodys_answer_away(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, registration_open=True)
        declined, off = scene.invited(session, event, 2)
        say(session, declined, S.DECLINED, now)
        withdraw(session, off, by="staf", now=now)
        for one in (declined, off):
            before = (one.state, one.version, one.attendee_name)
            register(session, event, one.contact.address, now, name="Iemand Anders")
            assert (one.state, one.version, one.attendee_name) == before
            assert one.contact.name != "Iemand Anders"
