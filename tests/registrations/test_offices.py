"""An office's whole answer: who comes, who comes instead, who comes along."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.agenda.model import Event, EventState
from var_outreach.errors import Conflict, HeaderError, OverMaximum
from var_outreach.people.model import Contact, Function
from var_outreach.people.store import find_contact
from var_outreach.registrations import store
from var_outreach.registrations.answers import Answer, record_answer, reopen_after_move
from var_outreach.registrations.invitees import invite, withdraw
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.registrations.naming import Named
from var_outreach.registrations.offices import (
    OfficeAnswer,
    colleagues_left,
    colleagues_of,
    take_office_answer,
)
from var_outreach.storage.engine import Database

S = RegistrationState
ELS = Named("Els Plaatsvervanger", "wethouder", "els@gemeente.example")
ANNA = Named("Anna Adviseur", "adviseur", "anna@gemeente.example")
BERT = Named("Bert Beleid")


def office(
    session: Session, scene: Scene, event: Event, function: Function | None = None
) -> Registration:
    """Invite one office at its holder's mailbox."""
    function = function or scene.office(session)
    who = Invited(function.holder_id or 0, (function.id,))
    invitation = invite(session, event, who, uid_domain=DOMAIN, now=scene.now)
    session.refresh(invitation)
    return next(one for one in invitation.registrations if one.function_id == function.id)


def say(
    session: Session,
    one: Registration,
    *colleagues: Named,
    now: datetime,
    instead: Named | None = None,
    choice: RegistrationState = S.ACCEPTED,
    shown: tuple[Registration, ...] = (),
) -> Registration:
    said = OfficeAnswer(
        Answer(choice, answered_by="Saskia Secretaris"),
        instead,
        colleagues,
        frozenset(row.id for row in shown),
    )
    return take_office_answer(session, one, said, uid_domain=DOMAIN, now=now)


def named(session: Session, name: str) -> Registration:
    return session.scalars(select(Registration).where(Registration.attendee_name == name)).one()


def told(session: Session) -> None:
    """Take it that everybody was told of everything."""
    for one in session.scalars(select(Registration)):
        one.notified_version = one.version
    session.flush()


def test_a_substitute_and_two_colleagues_each_have_an_entry_of_their_own(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=3)
        mayor = office(session, scene, event)
        carla = Named("Carla Collega", address="carla@gemeente.example")
        say(session, mayor, ANNA, carla, instead=ELS, now=now)
        els, anna = named(session, ELS.name), named(session, ANNA.name)
        assert mayor.state is S.REPRESENTED
        assert mayor.represented_by_id == els.id
        assert [one.state for one in (els, anna, named(session, carla.name))] == [S.ACCEPTED] * 3
        assert {els.organisation_id, anna.organisation_id} == {mayor.organisation_id}
        assert mayor.organisation_id is not None
        assert len({one.invitation_id for one in (mayor, els, anna)}) == 3
        assert els.attendee_function == "wethouder"
        assert (els.answered_by, els.answered_via) == ("Saskia Secretaris", "host")
        assert mayor.answered_by == "Saskia Secretaris"
        assert [(c.before, c.after, c.via) for c in store.history(session, els.id)] == [
            (None, S.ACCEPTED, "host")
        ]
        assert store.history(session, mayor.id)[-1].after is S.REPRESENTED
        assert [one.version for one in (mayor, els, anna)] == [1, 1, 1]
        assert store.counts_by_state(session, event.id)[S.ACCEPTED] == 3


def test_the_same_again_changes_nothing(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=5)
        mayor = office(session, scene, event)
        say(session, mayor, ANNA, BERT, BERT, instead=ELS, now=now)
        before = [(row.id, row.state, row.version) for row in session.scalars(select(Registration))]
        for shown in ((), tuple(colleagues_of(session, mayor))):
            say(
                session, mayor, ANNA, Named(" bert  BELEID"), instead=ELS,
                now=now + timedelta(hours=1), shown=shown,
            )  # fmt: skip
        rows = list(session.scalars(select(Registration)))
        assert [(row.id, row.state, row.version) for row in rows] == before
        assert len(rows) == 4


def test_the_place_passes_to_the_substitute_and_back_past_who_waits(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=1)
        mayor, other = office(session, scene, event), office(session, scene, event)
        say(session, mayor, now=now)
        say(session, other, now=now)
        assert other.state is S.WAITLISTED
        say(session, mayor, instead=ELS, now=now)
        els = named(session, ELS.name)
        assert (els.state, other.state) == (S.ACCEPTED, S.WAITLISTED)
        say(session, mayor, instead=BERT, now=now)
        assert (els.state, named(session, BERT.name).state) == (S.CANCELLED, S.ACCEPTED)
        say(session, mayor, now=now)
        states = [mayor.state, els.state, named(session, BERT.name).state, other.state]
        assert states == [S.ACCEPTED, S.CANCELLED, S.CANCELLED, S.WAITLISTED]
        say(session, mayor, choice=S.DECLINED, now=now)
        assert (mayor.state, other.state) == (S.CANCELLED, S.ACCEPTED)


def test_a_cut_capacity_does_not_put_a_substitute_on_the_waiting_list(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=2)
        mayor, other = office(session, scene, event), office(session, scene, event)
        say(session, mayor, now=now)
        say(session, other, now=now)
        event.capacity = 1
        say(session, mayor, instead=ELS, now=now)
        assert named(session, ELS.name).state is S.ACCEPTED


def test_the_turn_on_the_waiting_list_passes_to_the_substitute_and_back(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=0)
        first, second = office(session, scene, event), office(session, scene, event)
        say(session, first, now=now)
        say(session, second, now=now)
        say(session, first, instead=ELS, now=now + timedelta(hours=2))
        els = named(session, ELS.name)
        assert (els.state, store.waitlist_number(session, els)) == (S.WAITLISTED, 1)
        say(session, first, now=now + timedelta(hours=3))
        assert (first.state, store.waitlist_number(session, first)) == (S.WAITLISTED, 1)
        assert store.waitlist_number(session, second) == 2


def test_colleagues_beyond_capacity_wait_and_are_to_be_told(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=2)
        mayor = office(session, scene, event)
        say(session, mayor, ANNA, ELS, now=now)
        assert (mayor.state, named(session, ANNA.name).state) == (S.ACCEPTED, S.ACCEPTED)
        els = named(session, ELS.name)
        assert (els.state, els.version) == (S.WAITLISTED, 1)
        shown = tuple(colleagues_of(session, mayor))
        assert els in shown
        say(session, mayor, ELS, now=now, shown=shown)
        assert (els.state, named(session, ANNA.name).state) == (S.ACCEPTED, S.CANCELLED)


def test_too_many_of_one_organisation_are_refused_altogether(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, max_per_organisation=2)
        mayor = office(session, scene, event)
        assert colleagues_left(session, event, mayor) == 1
    with pytest.raises(OverMaximum) as refused, database.writing() as session:
        say(session, session.get_one(Registration, mayor.id), ANNA, BERT, now=now)
    assert refused.value.left == 1
    with database.writing() as session:
        mayor = session.get_one(Registration, mayor.id)
        assert mayor.state is S.INVITED
        say(session, mayor, ANNA, now=now)
        say(session, mayor, BERT, now=now, shown=tuple(colleagues_of(session, mayor)))
        assert named(session, ANNA.name).state is S.CANCELLED
        assert colleagues_left(session, session.get_one(Event, event.id), mayor) == 0
        with pytest.raises(OverMaximum):
            say(session, mayor, ELS, now=now)


def test_who_has_an_invitation_of_their_own_is_not_doubled(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, max_per_organisation=1)
        mayor, alderman = office(session, scene, event), office(session, scene, event)
        (adviser,) = scene.invited(session, event, 1)
        addresses = [str(one.contact.address).upper() for one in (alderman, adviser)]
        by_address = [Named("Iemand", address=one) for one in addresses]
        say(session, mayor, by_address[1], instead=by_address[0], now=now)
        assert mayor.represented_by_id == alderman.id
        assert (alderman.state, adviser.state) == (S.ACCEPTED, S.ACCEPTED)
        assert alderman.attendee_name != "Iemand"
        assert len(session.scalars(select(Registration)).all()) == 3
        assert colleagues_of(session, mayor) == [adviser]
        say(session, mayor, now=now, shown=(adviser,))
        assert mayor.state is S.ACCEPTED
        assert (alderman.state, adviser.state) == (S.ACCEPTED, S.ACCEPTED)
        assert colleagues_of(session, mayor) == []
        assert [one.version for one in (alderman, adviser)] == [1, 1]


def test_who_declines_takes_along_whom_they_brought(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        mayor = office(session, scene, event)
        say(session, mayor, ANNA, BERT, now=now)
        told(session)
        record_answer(session, mayor, Answer(S.DECLINED), via="calendar", now=now)
        anna, bert = named(session, ANNA.name), named(session, BERT.name)
        assert [one.state for one in (mayor, anna, bert)] == [S.CANCELLED] * 3
        assert store.history(session, anna.id)[-1].via == "host"
        # Anna is told at her own mailbox; Bert has none, and his host's is told of its own answer.
        assert anna.version == anna.notified_version + 1
        assert bert.version == bert.notified_version
        with pytest.raises(Conflict, match="named this person"):
            record_answer(session, anna, Answer(S.ACCEPTED), via="page", now=now)
        say(session, mayor, ANNA, now=now)
        assert (mayor.state, anna.state) == (S.ACCEPTED, S.ACCEPTED)


def test_a_name_taken_back_before_any_mail_needs_none(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        mayor = office(session, scene, event)
        say(session, mayor, ANNA, now=now)
        say(session, mayor, now=now, shown=tuple(colleagues_of(session, mayor)))
        anna = named(session, ANNA.name)
        assert anna.state is S.CANCELLED
        assert anna not in store.due_notices(session)


def test_an_older_page_drops_nobody_that_it_did_not_show(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        mayor = office(session, scene, event)
        say(session, mayor, ANNA, now=now)
        say(session, mayor, BERT, now=now)
        assert {one.attendee_name for one in colleagues_of(session, mayor)} == {
            ANNA.name,
            BERT.name,
        }
        anna = named(session, ANNA.name)
        record_answer(session, anna, Answer(S.TENTATIVE), via="page", now=now)
        say(session, mayor, ANNA, BERT, now=now, shown=tuple(colleagues_of(session, mayor)))
        assert anna.state is S.TENTATIVE


def test_a_substitute_who_leaves_leaves_the_office_open_and_told(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        mayor = office(session, scene, event)
        say(session, mayor, instead=ELS, now=now)
        told(session)
        record_answer(session, named(session, ELS.name), Answer(S.DECLINED), via="page", now=now)
        assert (mayor.state, mayor.represented_by_id) == (S.INVITED, None)
        assert mayor.version == mayor.notified_version + 1
        say(session, mayor, instead=BERT, now=now)
        told(session)
        withdraw(session, named(session, BERT.name), by="staf", now=now)
        assert mayor.state is S.INVITED
        assert mayor.version == mayor.notified_version  # Bert left from the office's own mailbox


def test_a_calendar_that_declines_for_who_is_represented_changes_nothing(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=1)
        mayor = office(session, scene, event)
        say(session, mayor, instead=ELS, now=now)
        els = named(session, ELS.name)
        for choice in (S.DECLINED, S.TENTATIVE):
            record_answer(session, mayor, Answer(choice), via="calendar", now=now)
            assert (mayor.state, els.state) == (S.REPRESENTED, S.ACCEPTED)
        record_answer(session, mayor, Answer(S.ACCEPTED), via="calendar", now=now)
        assert (mayor.state, els.state) == (S.ACCEPTED, S.CANCELLED)


def test_one_substitute_for_two_offices_stays_for_the_other(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        first, second = office(session, scene, event), office(session, scene, event)
        say(session, first, instead=ELS, now=now)
        say(session, second, instead=ELS, now=now)
        els = named(session, ELS.name)
        assert {first.represented_by_id, second.represented_by_id} == {els.id}
        say(session, first, now=now)
        assert (els.state, second.represented_by_id) == (S.ACCEPTED, els.id)
        say(session, second, choice=S.DECLINED, now=now)
        assert els.state is S.CANCELLED


def test_whom_staff_took_off_cannot_be_named_again(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        mayor = office(session, scene, event)
        say(session, mayor, ANNA, now=now)
        withdraw(session, named(session, ANNA.name), by="staf", now=now)
        with pytest.raises(Conflict, match="took Anna Adviseur off"):
            say(session, mayor, ANNA, now=now)


def test_who_was_named_names_nobody(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session)
        mayor = office(session, scene, event)
        say(session, mayor, ANNA, now=now)
        anna = named(session, ANNA.name)
        with pytest.raises(Conflict):
            say(session, anna, BERT, now=now)
        with pytest.raises(Conflict):
            say(session, anna, instead=BERT, now=now)


@pytest.mark.parametrize("fields", [{"state": EventState.CANCELLED}, {"past": True}])
def test_too_late_for_a_substitute(
    database: Database, scene: Scene, now: datetime, fields: dict[str, Any]
) -> None:
    with database.writing() as session:
        if fields.pop("past", False):
            fields["answer_by_on"] = (now - timedelta(days=1)).date()
        event = scene.event(session, **fields)
        mayor = office(session, scene, event)
        with pytest.raises(Conflict):
            say(session, mayor, instead=ELS, now=now)
        assert session.scalars(select(Registration)).all() == [mayor]


@pytest.mark.parametrize(
    "bad", [Named("Els", address="geen adres"), Named("=?utf-8?q?a=0d=0abcc:x?=")]
)
def test_what_may_not_stand_in_a_mail_is_refused(
    database: Database, scene: Scene, now: datetime, bad: Named
) -> None:
    with database.writing() as session:
        mayor = office(session, scene, scene.event(session))
        with pytest.raises(HeaderError):
            say(session, mayor, bad, now=now)


def test_two_people_at_one_address_are_two(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session)
        mayor = office(session, scene, event)
        pair = [Named(name, address="team@gemeente.example") for name in ("Anna A", "Bert B")]
        for _ in range(2):
            say(session, mayor, *pair, now=now)
        assert [one.attendee_name for one in colleagues_of(session, mayor)] == ["Anna A", "Bert B"]
        desk = find_contact(session, "team@gemeente.example")
        assert desk is not None
        assert len(store.invitations_of_contact(session, desk.id)) == 1


def test_an_address_given_later_moves_somebody_to_their_own_mailbox(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        mayor = office(session, scene, scene.event(session))
        say(session, mayor, BERT, now=now)
        bert = named(session, BERT.name)
        assert bert.invitation_id == mayor.invitation_id
        told(session)
        again = Named(BERT.name, "beleidsmedewerker", "bert@gemeente.example")
        say(session, mayor, again, now=now, shown=(bert,))
        assert bert.invitation_id != mayor.invitation_id
        assert bert.contact.address == again.address
        assert (bert.attendee_function, bert.version) == ("beleidsmedewerker", 2)


def test_after_a_move_everybody_is_asked_anew(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        mayor = office(session, scene, event)
        say(session, mayor, ANNA, BERT, instead=ELS, now=now)
        reopen_after_move(session, event, now=now)
        session.flush()
        people = [named(session, one.name) for one in (ELS, ANNA, BERT)]
        assert [one.state for one in people] == [S.INVITED, S.INVITED, S.CANCELLED]
        assert (mayor.state, mayor.represented_by_id) == (S.INVITED, None)
        assert colleagues_of(session, mayor) == []
        say(session, mayor, BERT, now=now)
        assert people[2].state is S.ACCEPTED
        assert people[1].state is S.INVITED


def race(database: Database, *acts: Callable[[Session], None]) -> list[BaseException]:
    """Run ``acts`` in a thread each, all let go at one moment; return what they raised."""
    gate, errors = threading.Barrier(len(acts)), list[BaseException]()

    def run(act: Callable[[Session], None]) -> None:
        gate.wait()
        try:
            with database.writing() as session:
                act(session)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return errors


def test_two_secretaries_at_once_make_nobody_double(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=3)
        mayor = office(session, scene, event).id

    def send(session: Session) -> None:
        say(session, session.get_one(Registration, mayor), ANNA, BERT, instead=ELS, now=now)

    assert race(database, send, send, send) == []
    with database.reading() as session:
        rows = session.scalars(select(Registration)).all()
        assert sorted(row.state.value for row in rows) == [*["accepted"] * 3, "represented"]
        assert len(session.scalars(select(Contact).where(Contact.name == ELS.name)).all()) == 1


def test_two_offices_at_once_never_overfill(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=4)
        offices = [office(session, scene, event).id for _ in range(3)]

    def sender(number: int) -> Callable[[Session], None]:
        people = [Named(f"Collega {number}{letter}") for letter in "ab"]

        def send(session: Session) -> None:
            say(session, session.get_one(Registration, offices[number]), *people, now=now)

        return send

    assert race(database, *(sender(number) for number in range(3))) == []
    with database.reading() as session:
        counts = store.counts_by_state(session, event.id)
        assert (counts[S.ACCEPTED], counts[S.WAITLISTED]) == (4, 5)
