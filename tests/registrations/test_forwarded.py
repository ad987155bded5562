"""Who comes by somebody else's link: in, or asking."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.agenda.model import Event
from var_outreach.errors import Conflict, HeaderError, InputError
from var_outreach.people.domains import is_of_organisation
from var_outreach.people.model import Contact, Organisation
from var_outreach.people.store import find_contact
from var_outreach.registrations import store
from var_outreach.registrations.answers import Answer, record_answer, register_openly
from var_outreach.registrations.forwarded import (
    Joined,
    decide_request,
    join_forwarded,
    requests_for,
)
from var_outreach.registrations.group_links import (
    close_group_link,
    group_places_left,
    join_group,
    make_group_link,
)
from var_outreach.registrations.invitees import invite, withdraw
from var_outreach.registrations.model import (
    GroupLink,
    Invitation,
    Registration,
    RegistrationState,
)
from var_outreach.registrations.naming import Named
from var_outreach.registrations.offices import colleagues_of
from var_outreach.storage.engine import Database

S = RegistrationState


def invited(session: Session, scene: Scene, event: Event) -> Invitation:
    """Invite one office; its organisation's domain is ``stad.example``."""
    function = scene.office(session)
    function.organisation.domain = "stad.example"
    who = Invited(function.holder_id or 0, (function.id,))
    invitation = invite(session, event, who, uid_domain=DOMAIN, now=scene.now)
    session.refresh(invitation)
    return invitation


def join(session: Session, invitation: Invitation, address: str, now: datetime) -> Joined:
    person = Named(address.partition("@")[0], "adviseur", address)
    return join_forwarded(session, invitation, person, uid_domain=DOMAIN, now=now)


def at(session: Session, address: str) -> Registration:
    contact = find_contact(session, address)
    assert contact is not None
    return session.scalars(select(Registration).where(Registration.contact_id == contact.id)).one()


@pytest.mark.parametrize(
    ("address", "domain", "mailbox", "expected"),
    [
        ("a@stad.example", "stad.example", "b@elders.example", True),
        ("a@STAD.example", "Stad.Example", "b@elders.example", True),
        ("a@elders.example", "stad.example", "b@elders.example", False),
        ("a@sub.stad.example", "stad.example", "b@stad.example", False),
        ("a@elders.example", None, "b@elders.example", True),
        ("a@gmail.com", None, "b@gmail.com", False),
        ("a@gmail.com", "gmail.com", "b@gmail.com", False),
    ],
)
def test_who_belongs_to_an_organisation(
    address: str, domain: str | None, mailbox: str, expected: bool
) -> None:
    town = Organisation(key="stad", name="Stad", kind="gemeente", domain=domain)
    assert is_of_organisation(address, town, Contact(address=mailbox)) is expected


def test_a_colleague_comes_or_waits_and_stands_on_the_offices_page(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=1)
        invitation = invited(session, scene, event)
        assert join(session, invitation, "a@stad.example", now) is Joined.COMES
        assert join(session, invitation, "b@stad.example", now) is Joined.COMES
        a, b = at(session, "a@stad.example"), at(session, "b@stad.example")
        assert (a.state, b.state) == (S.ACCEPTED, S.WAITLISTED)
        assert (a.answered_via, a.attendee_function, a.version) == ("link", "adviseur", 1)
        office = invitation.registrations[0]
        assert colleagues_of(session, office) == [a, b]
        assert a.organisation_id == office.organisation_id
        # Again changes nothing, also not for who gave up: they have a page of their own for that.
        join(session, invitation, "A@stad.example", now)
        assert (a.version, b.version) == (1, 1)


def test_who_is_of_elsewhere_asks_and_staff_decide(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=1)
        invitation = invited(session, scene, event)
        for number, name in enumerate(("vera", "wout", "zoe")):
            later = now + timedelta(hours=number)
            assert join(session, invitation, f"{name}@elders.example", later) is Joined.ASKED
        asked = requests_for(session, event)
        assert [one.attendee_name for one in asked] == ["vera", "wout", "zoe"]
        assert "burgemeester" in store.history(session, asked[0].id)[-1].comment
        assert store.counts_by_state(session, event.id)[S.ACCEPTED] == 0
        with pytest.raises(Conflict, match="not decided"):
            record_answer(session, asked[0], Answer(S.ACCEPTED), via="page", now=now)
        decide_request(session, asked[0], accept=True, by="staf", now=now)
        decide_request(session, asked[1], accept=True, by="staf", now=now)
        decide_request(session, asked[2], accept=False, by="staf", now=now)
        assert [one.state for one in asked] == [S.ACCEPTED, S.WAITLISTED, S.CANCELLED]
        assert [one.version for one in asked] == [1, 1, 1]
        with pytest.raises(Conflict, match="was decided"):
            decide_request(session, asked[2], accept=True, by="staf", now=now)
        # No is no: asking again does not put the question to staff anew.
        assert join(session, invitation, "zoe@elders.example", now) is Joined.ASKED
        assert asked[2].state is S.CANCELLED
        assert requests_for(session, event) == []


def test_the_maximum_of_the_organisation_holds_for_who_joins(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, max_per_organisation=1)
        invitation = invited(session, scene, event)
        assert join(session, invitation, "a@stad.example", now) is Joined.COMES
        assert join(session, invitation, "b@stad.example", now) is Joined.ASKED
        assert at(session, "b@stad.example").state is S.REQUESTED


def test_the_offices_own_mailbox_answers_for_the_office(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        invitation = invited(session, scene, event)
        own = invitation.contact.address or ""
        assert join(session, invitation, own.upper(), now) is Joined.ANSWERS
        assert at(session, own).state is S.INVITED


def test_who_was_named_and_dropped_may_still_register_where_all_may(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, registration_open=True)
        invitation = invited(session, scene, event)
        join(session, invitation, "a@stad.example", now)
        a = at(session, "a@stad.example")
        record_answer(session, invitation.registrations[0], Answer(S.DECLINED), via="page", now=now)
        assert a.state is S.CANCELLED
        assert join(session, invitation, "a@stad.example", now) is Joined.COMES
        assert a.state is S.CANCELLED
        register_openly(
            session, event, name="A", address="a@stad.example", uid_domain=DOMAIN, now=now
        )
        assert (a.state, a.brought_by_id) == (S.ACCEPTED, None)


def test_nobody_joins_too_late_or_with_a_bad_address(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        late = scene.event(session, answer_by_on=(now - timedelta(days=1)).date())
        with pytest.raises(Conflict):
            join(session, invited(session, scene, late), "a@stad.example", now)
        open_one = scene.event(session)
        with pytest.raises(HeaderError):
            join(session, invited(session, scene, open_one), "geen adres", now)


def group(session: Session, scene: Scene, event: Event, places: int) -> GroupLink:
    town = session.scalars(select(Organisation)).first() or scene.office(session).organisation
    return make_group_link(
        session, event, town, places=places, meant_for="raadsleden", by="staf", now=scene.now
    )


def come(session: Session, link: GroupLink, name: str, now: datetime) -> None:
    person = Named(name, "raadslid", f"{name}@raad.example")
    join_group(session, link, person, uid_domain=DOMAIN, now=now)


def test_a_group_has_its_own_maximum_beside_the_events(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=1, max_per_organisation=1)
        link = group(session, scene, event, places=2)
        come(session, link, "roos", now)
        come(session, link, "sam", now)
        come(session, link, "roos", now) if group_places_left(session, link) else None
        roos, sam = at(session, "roos@raad.example"), at(session, "sam@raad.example")
        assert (roos.state, sam.state) == (S.ACCEPTED, S.WAITLISTED)
        assert roos.organisation_id == link.organisation_id
        assert group_places_left(session, link) == 0
        with pytest.raises(Conflict):
            come(session, link, "tom", now)
        record_answer(session, roos, Answer(S.DECLINED), via="page", now=now)
        assert sam.state is S.ACCEPTED
        come(session, link, "tom", now)
        assert at(session, "tom@raad.example").state is S.WAITLISTED
        close_group_link(session, link, now=now)
        record_answer(session, sam, Answer(S.DECLINED), via="page", now=now)
        with pytest.raises(Conflict):
            come(session, link, "vic", now)
        with pytest.raises(InputError):
            group(session, scene, event, places=0)


def test_whom_staff_took_off_does_not_come_back_by_a_group(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        link = group(session, scene, scene.event(session), places=5)
        come(session, link, "roos", now)
        withdraw(session, at(session, "roos@raad.example"), by="staf", now=now)
        come(session, link, "roos", now)
        assert at(session, "roos@raad.example").state is S.CANCELLED


def test_two_at_once_never_pass_the_maximum_of_a_group(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        link_id = group(session, scene, scene.event(session), places=2).id
    gate = threading.Barrier(4)

    def run(name: str) -> None:
        gate.wait()
        try:
            with database.writing() as session:
                come(session, session.get_one(GroupLink, link_id), name, now)
        except Conflict:
            pass

    threads = [threading.Thread(target=run, args=(f"lid{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Registration)) == 2
