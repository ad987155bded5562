"""What is told of somebody who comes for an office, along with it, or by a forwarded link."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from tests.outbox.network import (
    ACCEPTED,
    ALL_OFFICES,
    DECLINED,
    INVITEES,
    Network,
)
from tests.outbox.scene import DOMAIN, Outbox
from tests.registrations.scene import Scene
from var_outreach.outbox.recipients import Wanted, count_wanted
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.answers import Answer
from var_outreach.registrations.forwarded import decide_request, join_forwarded
from var_outreach.registrations.model import Registration
from var_outreach.registrations.naming import Named
from var_outreach.registrations.offices import OfficeAnswer, colleagues_of, take_office_answer

ELS = Named("Els Plaatsvervanger", "wethouder", "els@gemeente.example")
ANNA = Named("Anna Adviseur", "", "anna@gemeente.example")
BERT = Named("Bert Beleid")
COMING = AudienceSpec(AudienceKind.REGISTRATIONS, states=("accepted",))
SILENT = AudienceSpec(AudienceKind.REGISTRATIONS, states=("invited",))


def say(network: Network, *colleagues: Named, instead: Named | None = None) -> Registration:
    mayor = network.rows(network.mayor)[0]
    shown = frozenset(one.id for one in colleagues_of(network.session, mayor))
    said = OfficeAnswer(
        Answer(ACCEPTED, answered_by="Saskia Secretaris"), instead, colleagues, shown
    )
    now = network.outbox.clock.now()
    take_office_answer(network.session, mayor, said, uid_domain=DOMAIN, now=now)
    return mayor


def named(network: Network, name: str) -> Registration:
    return network.session.scalars(
        select(Registration).where(Registration.attendee_name == name)
    ).one()


def by_address(recipients: list[Recipient]) -> dict[str, Recipient]:
    found = {one.address: one for one in recipients}
    assert len(found) == len(recipients)
    return found


def test_each_who_comes_gets_an_entry_and_the_office_hears_who(
    outbox: Outbox, scene: Scene
) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        say(network, ANNA, instead=ELS)
        told = by_address(network.told(MailKind.CONFIRMATION))
        assert set(told) == {ELS.address, ANNA.address, network.mayor.address}
        for address in (ELS.address, ANNA.address):
            one = told[address]
            assert one.variant == "nl/named"
            assert one.calendar is not None
            assert one.calendar["partstat"] == "ACCEPTED"
            assert one.calendar["attendee_address"] == address
            words = "burgemeester, Gemeente Dordrecht (Saskia Secretaris)"
            assert one.places["named_by"] == words
        mine = told[str(network.mayor.address)]
        assert (mine.variant, mine.calendar) == ("nl/represented", None)
        assert mine.places["attendees"] == ELS.name
        assert mine.places["offices"] == "burgemeester, Gemeente Dordrecht"
        assert network.told(MailKind.CONFIRMATION) == []


def test_who_has_no_mailbox_is_confirmed_at_the_office_in_one_mail(
    outbox: Outbox, scene: Scene
) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        say(network, BERT)
        (one,) = network.told(MailKind.CONFIRMATION)
        assert one.variant == "nl/accepted"
        assert one.places["attendees"].endswith(" en Bert Beleid")
        assert one.places["offices"] == "burgemeester, Gemeente Dordrecht en Bert Beleid"
        say(network, instead=BERT)
        assert network.told(MailKind.CONFIRMATION) == []


def test_who_must_wait_hears_that_and_by_whom(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session, capacity=1)
        network.invited()
        say(network, ANNA)
        (one,) = network.told(MailKind.WAITLIST)
        assert (one.address, one.variant) == (ANNA.address, "nl/named")
        assert one.places["waitlist_number"] == "1"


def test_who_is_dropped_hears_that_by_a_cancel_of_their_own_entry(
    outbox: Outbox, scene: Scene
) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        say(network, ANNA, BERT)
        first = by_address(network.told(MailKind.CONFIRMATION))[ANNA.address]
        say(network)
        (one,) = network.told(MailKind.WITHDRAWAL)
        assert (one.address, one.variant) == (ANNA.address, "nl/host")
        assert one.calendar is not None
        assert first.calendar is not None
        assert one.calendar["method"] == "CANCEL"
        assert one.calendar["uid"] == first.calendar["uid"]
        assert one.calendar["sequence"] > first.calendar["sequence"]
        say(network, ANNA)
        (again,) = network.told(MailKind.CONFIRMATION)
        assert again.calendar is not None
        assert again.calendar["method"] == "REQUEST"
        assert again.calendar["sequence"] > one.calendar["sequence"]


def test_the_office_is_asked_anew_when_its_substitute_leaves(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        say(network, instead=ELS)
        network.told(MailKind.CONFIRMATION)
        network.answer(named(network, ELS.name), DECLINED)
        told = by_address(network.told(MailKind.CONFIRMATION))
        assert told[ELS.address].variant == "nl/cancelled"
        mine = told[str(network.mayor.address)]
        assert (mine.variant, mine.calendar) == ("nl/open-again", None)
        assert network.told(MailKind.CONFIRMATION) == []


def test_reminders_go_to_who_comes_and_not_to_who_is_represented(
    outbox: Outbox, scene: Scene
) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        say(network, ANNA, instead=ELS)
        network.told(MailKind.CONFIRMATION)
        event = network.event
        coming = outbox.recipients(session, MailKind.PARTICIPANT_REMINDER, COMING, event=event)
        assert {one.address for one in coming} == {ELS.address, ANNA.address}
        silent = outbox.recipients(session, MailKind.REMINDER, SILENT, event=event)
        assert {one.address for one in silent} == {network.desk.address}


def test_a_represented_office_hears_of_a_new_date_and_not_of_a_new_room(
    outbox: Outbox, scene: Scene
) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        say(network, instead=ELS)
        network.told(MailKind.CONFIRMATION)
        network.change(place="Zaal 3")
        told = by_address(network.outdated())
        assert set(told) == {network.desk.address, ELS.address}
        assert told[ELS.address].calendar is not None
        network.change(starts_at=scene.now + timedelta(days=60, hours=1))
        told = by_address(network.outdated())
        assert told[str(network.mayor.address)].variant == "nl/asked"
        assert told[ELS.address].variant == "nl/asked"


def test_nobody_who_came_by_another_is_invited_on_top_of_it(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        served = frozenset(one.key for one in network.invited())
        say(network, ANNA, instead=ELS)
        join_forwarded(
            session, network.invitation(network.mayor), Named("Vera", "", "vera@elders.example"),
            uid_domain=DOMAIN, now=outbox.clock.now(),
        )  # fmt: skip
        assert network.invited(served=served) == []
        wanted = Wanted(MailKind.INVITATION, INVITEES, network.event, ALL_OFFICES)
        excluded: Counter[str] = Counter()
        now = outbox.clock.now()
        assert count_wanted(session, wanted, outbox.app.sender, excluded, now=now) == 2


def test_who_asked_hears_the_decision_and_nothing_before(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        invitation, now = network.invitation(network.mayor), outbox.clock.now()
        for name in ("vera", "wout"):
            person = Named(name, "", f"{name}@elders.example")
            join_forwarded(session, invitation, person, uid_domain=DOMAIN, now=now)
        assert network.told(MailKind.CONFIRMATION) == []
        assert network.told(MailKind.WITHDRAWAL) == []
        assert network.outdated(MailKind.CANCELLATION) == []
        decide_request(session, named(network, "vera"), accept=True, by="staf", now=now)
        decide_request(session, named(network, "wout"), accept=False, by="staf", now=now)
        (yes,) = network.told(MailKind.CONFIRMATION)
        assert (yes.address, yes.variant) == ("vera@elders.example", "nl/accepted")
        assert yes.calendar is not None
        (no,) = network.told(MailKind.WITHDRAWAL)
        assert (no.address, no.variant, no.calendar) == ("wout@elders.example", "nl/refused", None)
