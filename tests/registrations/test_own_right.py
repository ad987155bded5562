"""Who is there in their own right: nobody else takes them off, or answers over their answer."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.registrations.scene import DOMAIN, Invited, Scene
from tests.registrations.test_forwarded import at, come, group, invited, join
from tests.registrations.test_offices import ANNA, BERT, ELS, named, office, say, told
from var_outreach.errors import Conflict, OverMaximum, RefusedPerson
from var_outreach.registrations.answers import Answer, record_answer, register_openly
from var_outreach.registrations.forwarded import Joined, decide_request
from var_outreach.registrations.group_links import group_places_left, join_group
from var_outreach.registrations.invitees import invite, withdraw
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.registrations.naming import Named
from var_outreach.registrations.offices import colleagues_of
from var_outreach.storage.engine import Database

S = RegistrationState


def answer(one: Registration, choice: RegistrationState, session: Session, now: datetime) -> None:
    record_answer(session, one, Answer(choice), via="page", now=now)


@pytest.mark.parametrize("came", ["group", "open", "asked", "open again"])
def test_nobody_takes_off_who_came_by_themselves(
    database: Database, scene: Scene, now: datetime, came: str
) -> None:
    with database.writing() as session:
        event = scene.event(session, registration_open=came.startswith("open"))
        mayor, address = office(session, scene, event), "roos@raad.example"
        if came == "group":
            come(session, group(session, scene, event, places=3), "roos", now)
        elif came == "asked":
            join(session, invited(session, scene, event), address, now)
            decide_request(session, at(session, address), accept=True, by="staf", now=now)
        else:
            if came == "open again":
                say(session, mayor, Named("roos", address=address), now=now)
                say(session, mayor, now=now, shown=tuple(colleagues_of(session, mayor)))
            register_openly(
                session, event, name="roos", address=address, uid_domain=DOMAIN, now=now
            )
        roos = at(session, address)
        told(session)
        say(session, mayor, Named("Anders", "chef", address), now=now)
        assert (roos.brought_by_id, roos.attendee_name) == (None, "roos")
        say(session, mayor, now=now, shown=(roos,))
        answer(mayor, S.DECLINED, session, now)
        assert (roos.state, roos.version) == (S.ACCEPTED, roos.notified_version)


@pytest.mark.parametrize("choice", [S.DECLINED, S.TENTATIVE, S.CANCELLED, S.REPRESENTED])
def test_who_answered_for_themselves_keeps_that_when_named(
    database: Database, scene: Scene, now: datetime, choice: RegistrationState
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        mayor, alderman = office(session, scene, event), office(session, scene, event)
        if choice is S.REPRESENTED:
            say(session, alderman, now=now, instead=ELS)
        else:
            if choice is S.CANCELLED:
                answer(alderman, S.ACCEPTED, session, now)
            answer(alderman, choice, session, now)
        version, guess = alderman.version, Named("Iemand", address=alderman.contact.address or "")
        say(session, mayor, guess, now=now)
        assert (alderman.state, alderman.version) == (choice, version)
        assert colleagues_of(session, mayor) == []
        with pytest.raises(RefusedPerson) as refused:
            say(session, mayor, now=now, instead=guess)
        assert refused.value.name == "Iemand"
        assert alderman.attendee_name not in str(refused.value)


def test_a_substitute_who_leaves_asks_only_offices_that_are_represented(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        mayor = office(session, scene, scene.event(session))
        say(session, mayor, now=now, instead=ELS)
        mayor.state = S.ACCEPTED
        answer(named(session, ELS.name), S.CANCELLED, session, now)
        assert mayor.state is S.ACCEPTED


def test_a_link_leaves_who_declined_and_what_they_wrote(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        town = invited(session, scene, event)
        link = group(session, scene, event, places=3)
        no, open_, off = scene.invited(session, event, 3)
        answer(no, S.DECLINED, session, now)
        answer(off, S.ACCEPTED, session, now)
        answer(off, S.CANCELLED, session, now)
        for one in (no, open_, off):
            one.diet = "vis"
            person = Named("Iemand", address=one.contact.address or "")
            join_group(session, link, person, diet="vlees", uid_domain=DOMAIN, now=now)
        assert (no.state, no.diet, no.group_link_id) == (S.DECLINED, "vis", None)
        assert (open_.state, open_.diet, open_.group_link_id) == (S.ACCEPTED, "vis", None)
        assert (off.state, off.diet, off.group_link_id) == (S.ACCEPTED, "vlees", link.id)
        join(session, town, "vera@stad.example", now)
        vera = at(session, "vera@stad.example")
        vera.state = S.DECLINED
        join(session, town, "vera@stad.example", now)
        assert vera.state is S.DECLINED


@pytest.mark.parametrize("between", [None, S.TENTATIVE])
def test_who_returns_finds_the_maximum_in_their_way(
    database: Database, scene: Scene, now: datetime, between: RegistrationState | None
) -> None:
    with database.writing() as session:
        event = scene.event(session, max_per_organisation=2)
        mayor = office(session, scene, event)
        say(session, mayor, ANNA, now=now)
        anna = named(session, ANNA.name)
        answer(anna, S.CANCELLED, session, now)
        say(session, mayor, BERT, now=now)
        link = group(session, scene, event, places=1)
        come(session, link, "roos", now)
        roos = at(session, "roos@raad.example")
        answer(roos, S.CANCELLED, session, now)
        come(session, link, "sam", now)
        for one in (anna, roos):
            if between is not None:
                answer(one, between, session, now)
            with pytest.raises(Conflict, match="taken"):
                answer(one, S.ACCEPTED, session, now)
        assert group_places_left(session, link) == 0
        record_answer(session, anna, Answer(S.ACCEPTED), via="staff", now=now)
        answer(at(session, "sam@raad.example"), S.CANCELLED, session, now)
        answer(roos, S.ACCEPTED, session, now)
        assert (anna.state, roos.state) == (S.ACCEPTED, S.ACCEPTED)


def test_who_asked_counts_when_an_office_names_them(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, max_per_organisation=1)
        town = invited(session, scene, event)
        mayor = town.registrations[0]
        say(session, mayor, now=now)
        assert join(session, town, "a@stad.example", now) is Joined.ASKED
        with pytest.raises(OverMaximum):
            say(session, mayor, Named("a", address="a@stad.example"), now=now)
        event.max_per_organisation = 2
        say(session, mayor, Named("a", address="a@stad.example"), now=now)
        with pytest.raises(OverMaximum):
            say(session, mayor, BERT, now=now)


def test_without_an_organisation_the_maximum_holds_all_the_same(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        (host,) = scene.invited(session, scene.event(session, max_per_organisation=1), 1)
        session.refresh(host.invitation)
        came = [join(session, host.invitation, f"{n}@gemeente.example", now) for n in "ab"]
        assert came == [Joined.COMES, Joined.ASKED]


def test_the_link_of_who_was_taken_off_lets_nobody_in(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        town = invited(session, scene, scene.event(session))
        withdraw(session, town.registrations[0], by="staf", now=now)
        assert join(session, town, "a@stad.example", now) is Joined.ASKED
        assert at(session, "a@stad.example").state is S.REQUESTED


def test_a_secretary_is_invited_in_person_beside_whom_they_named(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        mayor = office(session, scene, scene.event(session))
        say(session, mayor, BERT, now=now)
        session.refresh(mayor.invitation)
        who = Invited(mayor.contact_id)
        for _ in range(2):
            invite(session, mayor.event, who, uid_domain=DOMAIN, now=now)
            session.flush()
        rows = session.scalars(select(Registration).where(Registration.function_id.is_(None)))
        assert sorted(row.state for row in rows) == [S.ACCEPTED, S.INVITED]


def test_taking_off_an_office_takes_off_who_came_for_it(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        mayor = office(session, scene, scene.event(session))
        say(session, mayor, now=now, instead=ELS)
        told(session)
        els = named(session, ELS.name)
        withdraw(session, mayor, by="staf", now=now)
        assert (mayor.state, els.state) == (S.CANCELLED, S.CANCELLED)
        assert els.version == els.notified_version + 1


def test_who_asked_and_gave_up_does_not_let_themselves_in(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event, address = scene.event(session), "roos@elders.example"
        join(session, invited(session, scene, event), address, now)
        roos = at(session, address)
        answer(roos, S.DECLINED, session, now)
        with pytest.raises(Conflict):
            answer(roos, S.ACCEPTED, session, now)
        states = [roos.state]
        record_answer(session, roos, Answer(S.ACCEPTED), via="staff", now=now)
        answer(roos, S.DECLINED, session, now)
        answer(roos, S.ACCEPTED, session, now)
        assert [*states, roos.state] == [S.DECLINED, S.ACCEPTED]
