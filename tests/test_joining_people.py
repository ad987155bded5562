"""Two contacts that are one person, two towns that merged: joined with all that refers to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.agenda.model import Event
from var_outreach.app import App
from var_outreach.clock import MovableClock
from var_outreach.errors import Conflict, InputError, NotFound
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing, MailingState
from var_outreach.people import store
from var_outreach.people import subscriptions as subs
from var_outreach.people.model import (
    Contact,
    ContactAlias,
    ContactTopic,
    Function,
    SubscriptionState,
    SuppressionReason,
)
from var_outreach.people.suppression import is_suppressed, suppress
from var_outreach.people.topics import seed_topics
from var_outreach.programme.model import ChoiceState, Round, Speaker, Workshop, WorkshopChoice
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.registrations.store import history, invitation_by_token, invitation_by_uid
from var_outreach.registrations.waiting import lock_event
from var_outreach.settings import Settings
from var_outreach.staff.joining import (
    JoinReport,
    MergeReport,
    join_people,
    list_duplicates,
    merge_organisation,
)
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer, random_token

KEEP, OTHER = "jan@nieuwstad.example", "j.jansen@oudstad.example"
State = RegistrationState


@dataclass
class Desk:
    """Where staff join people."""

    app: App
    scene: Scene
    now: datetime

    def people(self, session: Session) -> tuple[Contact, Contact]:
        """Return the two that are one."""
        found = [store.find_contact(session, address) for address in (KEEP, OTHER)]
        assert None not in found
        return found[0], found[1]  # type: ignore[return-value]

    def invited(
        self, session: Session, event: Event, contact: Contact, offices: Sequence[Function] = ()
    ) -> Registration:
        ids = tuple(office.id for office in offices)
        invitation = invite(
            session, event, Invited(contact.id, ids), uid_domain=DOMAIN, now=self.now
        )
        session.refresh(invitation)
        return invitation.registrations[-1]

    def join(self, keep: str = KEEP, other: str = OTHER, dry_run: bool = False) -> JoinReport:
        return join_people(self.app, keep, other, by="kernteam A", dry_run=dry_run)


@pytest.fixture
def desk(database: Database, clock: MovableClock, signer: Signer, tmp_path: Path) -> Desk:
    now = clock.now()
    with database.writing() as session:
        seed_topics(session)
        for address in (KEEP, OTHER):
            store.add_contact(
                session, address, "Jan Jansen", source="gids", legal_basis="consent", now=now
            )
    settings = Settings(base_url="https://agenda.example", data_dir=tmp_path)
    return Desk(App(settings, database, clock, signer), Scene(now), now)


def test_joining_takes_events_before_contacts_as_all_others_do(desk: Desk) -> None:
    with desk.app.database.writing() as session:
        keep, other = desk.people(session)
        other.organisation = desk.scene.office(session).organisation
        event = desk.scene.event(session)
        desk.invited(session, event, other)
        ids = event.id, keep.id
    faults: list[BaseException] = []

    def join() -> None:
        try:
            desk.join()
        except BaseException as fault:
            faults.append(fault)

    joiner = threading.Thread(target=join)
    with desk.app.database.writing() as session:
        lock_event(session, ids[0])
        joiner.start()
        time.sleep(0.5)
        session.get_one(Contact, ids[1]).name = "Jan Jansen-Smit"
    joiner.join(10)
    assert faults == []


def test_offices_themes_and_the_address_move_along(desk: Desk) -> None:
    with desk.app.database.writing() as session:
        keep, other = desk.people(session)
        office = desk.scene.office(session)
        office.holder, office.secretariat = other, other
        store.set_topics(session, keep, ["mensenhandel"])
        store.set_topics(session, other, ["mensenhandel", "digitale-veiligheid"])
        other.organisation = office.organisation
        old_token = other.token
    seen = desk.join(dry_run=True)
    with desk.app.database.reading() as session:
        assert session.scalars(select(ContactAlias)).all() == [], "a try-out keeps nothing"
    done = desk.join()
    assert done == seen
    assert (done.functions, done.topics, done.alias) == (1, 1, OTHER)
    with desk.app.database.reading() as session:
        kept = store.find_contact(session, OTHER.upper())
        assert kept is not None
        assert kept.address == KEEP
        (function,) = session.scalars(select(Function))
        assert function.holder_id == function.secretariat_id == kept.id
        assert kept.organisation_id == function.organisation_id
        links = session.scalars(select(ContactTopic)).all()
        assert {link.contact_id for link in links} == {kept.id}
        assert len(links) == 2
        assert store.contact_by_token(session, old_token).id == kept.id
        rest = session.scalars(select(Contact).where(Contact.id != kept.id)).all()
        empty = next(one for one in rest if one.erased_at is not None)
        assert (empty.name, empty.address, empty.source) == ("", None, "")
    assert list_duplicates(desk.app) == []
    with pytest.raises(Conflict, match="one contact already"):
        desk.join()


@pytest.mark.parametrize(
    ("kept", "gone", "after"),
    [
        (State.INVITED, State.ACCEPTED, State.ACCEPTED),
        (State.DECLINED, State.ACCEPTED, State.ACCEPTED),
        (State.ACCEPTED, State.DECLINED, State.ACCEPTED),
        (State.ABSENT, State.ATTENDED, State.ATTENDED),
        (State.INVITED, State.DECLINED, State.DECLINED),
        (State.TENTATIVE, State.INVITED, State.TENTATIVE),
    ],
)
def test_of_two_answers_to_one_event_the_better_counts_with_both_histories(
    desk: Desk, kept: State, gone: State, after: State
) -> None:
    with desk.app.database.writing() as session:
        keep, other = desk.people(session)
        event = desk.scene.event(session)
        first, second = (desk.invited(session, event, one) for one in (keep, other))
        first.state, second.state = kept, gone
        second.diet, second.answered_by = "geen vis", "Kabinet"
        token, uid = second.invitation.token, second.invitation.uid
        first_id = first.id
    done = desk.join()
    assert (done.registrations, done.registrations_joined) == (0, 1)
    with desk.app.database.reading() as session:
        (row,) = session.scalars(select(Registration))
        assert (row.id, row.state, row.diet) == (first_id, after, "geen vis")
        assert (row.answered_by == "Kabinet") == (after is gone and gone is not kept)
        lines = history(session, row.id)
        assert [one.via for one in lines] == ["invitation", "invitation", "join"]
        assert lines[-1].by == "kernteam A"
        assert row.version == row.notified_version, "nobody is mailed by a join"
        for found in (invitation_by_token(session, token), invitation_by_uid(session, uid)):
            assert found is not None
            assert found.id == row.invitation_id, "old links lead on"


def test_what_only_the_other_was_invited_to_moves(desk: Desk) -> None:
    with desk.app.database.writing() as session:
        _, other = desk.people(session)
        row = desk.invited(session, desk.scene.event(session), other)
        row.state = State.ACCEPTED
        token = row.invitation.token
    assert desk.join().registrations == 1
    with desk.app.database.reading() as session:
        keep = store.find_contact(session, KEEP)
        assert keep is not None
        (row,) = session.scalars(select(Registration))
        (invitation,) = session.scalars(select(Invitation))
        assert (row.contact_id, invitation.contact_id, invitation.token) == (
            keep.id,
            keep.id,
            token,
        )


def test_a_person_and_their_office_are_one_guest(desk: Desk) -> None:
    with desk.app.database.writing() as session:
        keep, other = desk.people(session)
        event = desk.scene.event(session)
        office = desk.scene.office(session)
        office.holder = other
        session.flush()
        desk.invited(session, event, keep).state = State.ACCEPTED
        desk.invited(session, event, other, [office])
        office_id = office.id
    desk.join()
    with desk.app.database.reading() as session:
        (row,) = session.scalars(select(Registration))
        assert (row.function_id, row.state) == (office_id, State.ACCEPTED)


def test_an_office_that_both_hold_is_one_with_one_answer(desk: Desk) -> None:
    with desk.app.database.writing() as session:
        keep, other = desk.people(session)
        event = desk.scene.event(session)
        town = desk.scene.office(session).organisation
        offices = [
            Function(organisation=town, role="wethouder", portfolio=portfolio, holder=holder)
            for portfolio, holder in (("Zorg", keep), ("zorg", other))
        ]
        offices[1].from_on = date(2022, 6, 1)
        session.add_all(offices)
        session.flush()
        desk.invited(session, event, keep, offices[:1])
        desk.invited(session, event, other, offices[1:]).state = State.DECLINED
        kept_id = offices[0].id
    desk.join()
    with desk.app.database.reading() as session:
        (row,) = session.scalars(select(Registration))
        assert (row.function_id, row.state) == (kept_id, State.DECLINED)
        held = session.scalars(select(Function).where(Function.role == "wethouder")).all()
        assert [(one.id, one.from_on) for one in held] == [(kept_id, None)]


def test_a_place_that_falls_free_goes_to_who_waits(desk: Desk) -> None:
    with desk.app.database.writing() as session:
        keep, other = desk.people(session)
        event = desk.scene.event(session, capacity=2)
        for contact in (keep, other):
            desk.invited(session, event, contact).state = State.ACCEPTED
        (waits,) = desk.scene.invited(session, event, 1)
        waits.state, waits.waitlisted_at = State.WAITLISTED, desk.now
        waits_id = waits.id
    desk.join()
    with desk.app.database.reading() as session:
        row = session.get_one(Registration, waits_id)
        assert (row.state, row.version) == (State.ACCEPTED, 1)


def test_workshops_and_talks_move_along(desk: Desk) -> None:
    with desk.app.database.writing() as session:
        keep, other = desk.people(session)
        event = desk.scene.event(session)
        rows = [desk.invited(session, event, one) for one in (keep, other)]
        for row in rows:
            row.state = State.ACCEPTED
        parts = [
            Round(event_id=event.id, key=f"r{n}", name=f"Ronde {n}", position=n) for n in (1, 2)
        ]
        session.add_all(parts)
        session.flush()
        shops = [
            Workshop(round_id=part.id, key=f"w{n}", title=f"W {n}", position=n)
            for part in parts
            for n in (1, 2)
        ]
        session.add_all(shops)
        session.flush()
        for row, shop in ((rows[0], shops[0]), (rows[1], shops[1]), (rows[1], shops[2])):
            session.add(
                WorkshopChoice(
                    registration=row, round_id=shop.round_id, workshop=shop,
                    state=ChoiceState.CHOSEN, since_at=desk.now,
                )
            )  # fmt: skip
        session.add(
            Speaker(
                event_id=event.id, contact=other, token=random_token(), title="Havens",
                asked_at=desk.now,
            )
        )  # fmt: skip
        kept_id, wanted = rows[0].id, {shops[0].id, shops[2].id}
    desk.join()
    with desk.app.database.reading() as session:
        choices = session.scalars(select(WorkshopChoice)).all()
        assert {one.registration_id for one in choices} == {kept_id}
        assert {one.workshop_id for one in choices} == wanted, "in a round one is in one at most"
        speakers = session.scalars(select(Speaker)).all()
        assert [one.contact.address for one in speakers] == [KEEP]


@pytest.mark.parametrize("leaver", [KEEP, OTHER])
def test_an_opt_out_wins_and_old_links_still_leave(desk: Desk, leaver: str) -> None:
    tokens = {}
    with desk.app.database.writing() as session:
        for address in (KEEP, OTHER):
            one = subs.ask(session, address, "", "nl", source="/", wording="1", now=desk.now)
            session.flush()
            subs.confirm(session, one.id, source="/", wording="1", now=desk.now)
            tokens[address] = one.token
        subs.leave(session, tokens[leaver], source="pagina", now=desk.now)
    assert desk.join().lists_left == ("nieuwsbrief",)
    with desk.app.database.writing() as session:
        keep = store.find_contact(session, KEEP)
        assert keep is not None
        (own,) = subs.subscriptions_of(session, keep)
        assert own.state is SubscriptionState.LEFT
        assert len(own.proofs) == 5, "both histories are kept"
        assert not subs.import_consent(
            session, keep, consented_at=desk.now, source="csv", wording="1", now=desk.now
        )
        again = subs.ask(session, OTHER, "", "nl", source="/", wording="1", now=desk.now)
        subs.confirm(session, again.id, source="/", wording="1", now=desk.now)
        assert again.id == own.id
    with desk.app.database.writing() as session:
        assert subs.leave(session, tokens[OTHER], source="mail", now=desk.now).id == own.id
    with desk.app.database.reading() as session:
        keep = store.find_contact(session, KEEP)
        assert keep is not None
        assert subs.subscriptions_of(session, keep)[0].state is SubscriptionState.LEFT


def test_who_wants_no_mail_gets_none_at_any_address(desk: Desk, signer: Signer) -> None:
    def refuse(reason: SuppressionReason, address: str) -> None:
        with desk.app.database.writing() as session:
            suppress(session, address, reason, evidence=None, now=desk.now, signer=signer)

    def is_closed() -> bool:
        with desk.app.database.reading() as session:
            return is_suppressed(session, KEEP, signer=signer) is not None

    refuse(SuppressionReason.HARD_BOUNCE, OTHER)
    desk.join()
    assert not is_closed(), "the old mailbox is gone, the person is not"
    refuse(SuppressionReason.COMPLAINT, OTHER)
    assert is_closed()


def test_what_was_mailed_refers_to_who_is_kept(desk: Desk) -> None:
    with desk.app.database.writing() as session:
        keep, other = desk.people(session)
        event = desk.scene.event(session)
        own, theirs = (desk.invited(session, event, one) for one in (keep, other))
        both, only = (mailing(session, desk.now, number) for number in (1, 2))
        for one, row, state in (
            (both, own, DeliveryState.SENT),
            (both, theirs, DeliveryState.SENT),
            (only, theirs, DeliveryState.SENT),
            (only, theirs, DeliveryState.QUEUED),
        ):
            occurrence = int(state is DeliveryState.QUEUED)
            session.add(delivery(desk.now, one, row, state, occurrence))
        own_id, their_id = own.invitation_id, theirs.invitation_id
    assert desk.join().deliveries == 3
    with desk.app.database.reading() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        assert {row.invitation_id for row in rows} == {own_id}
        assert [row.recipient_key for row in rows] == [
            f"invitation:{own_id}",
            f"invitation:{their_id}",
            f"invitation:{own_id}",
            f"invitation:{their_id}",
        ]
        assert [row.state for row in rows][-1] is DeliveryState.SKIPPED
        assert rows[-1].skipped_because == "superseded"


def test_nobody_is_joined_while_a_mail_is_on_its_way(desk: Desk) -> None:
    with desk.app.database.writing() as session:
        keep, other = desk.people(session)
        event = desk.scene.event(session)
        _, theirs = (desk.invited(session, event, one) for one in (keep, other))
        one = mailing(session, desk.now, 1)
        session.add(delivery(desk.now, one, theirs, DeliveryState.TRANSMITTING, 0))
    with pytest.raises(Conflict, match="on its way"):
        desk.join()
    with desk.app.database.reading() as session:
        found = store.find_contact(session, OTHER)
        assert found is not None
        assert found.address == OTHER, "and nothing of it is kept"


def test_somebody_unknown_is_named(desk: Desk) -> None:
    for keep, other in (("weg@b.example", KEEP), (KEEP, "999999")):
        with pytest.raises(NotFound, match="there is nobody"):
            desk.join(keep, other)
    with pytest.raises(InputError, match="not the name of a person"):
        join_people(desk.app, KEEP, OTHER, by=" ")


def test_towns_merge_and_the_past_stays_theirs(desk: Desk) -> None:
    with desk.app.database.writing() as session:
        old = store.upsert_organisation(session, "Gemeente Oudstad", "gemeente")
        store.upsert_organisation(session, "Gemeente Nieuwstad", "gemeente")
        _, other = desk.people(session)
        other.organisation = old
        session.flush()
        ended = date(2024, 1, 1)
        session.add_all(
            Function(organisation=old, role="wethouder", portfolio=str(until), until_on=until,
                     holder=other)
            for until in (None, ended)
        )  # fmt: skip
        row = desk.invited(session, desk.scene.event(session), other)
        assert row.organisation_id == old.id
        old_id = old.id
    on = desk.now.date()
    seen = merge(desk, on, dry_run=True)
    done = merge(desk, on)
    assert seen == done
    assert (done.functions_ended, done.contacts) == (1, 1)
    with desk.app.database.writing() as session:
        functions = session.scalars(select(Function).order_by(Function.id)).all()
        assert {one.until_on for one in functions} == {on - timedelta(days=1), ended}
        (row,) = session.scalars(select(Registration))
        assert (row.organisation_id, row.state) == (old_id, State.INVITED)
        _, other = desk.people(session)
        assert other.organisation is not None
        assert other.organisation.key == "gemeente-nieuwstad"
        again = store.upsert_organisation(session, "Oudstad", "gemeente")
        assert again.key == "gemeente-nieuwstad", "its old name leads to the new town"
    for old_key, into in (
        ("gemeente-oudstad", "gemeente-nieuwstad"),
        ("gemeente-nieuwstad", "gemeente-oudstad"),
    ):
        with pytest.raises(Conflict):
            merge_organisation(desk.app, old_key, into=into, on=on, by="kernteam A")
    with pytest.raises(NotFound):
        merge_organisation(desk.app, "x", into="gemeente-nieuwstad", on=on, by="kernteam A")
    with pytest.raises(InputError, match="not come yet"):
        merge(desk, on + timedelta(days=1))


def merge(desk: Desk, on: date, dry_run: bool = False) -> MergeReport:
    return merge_organisation(
        desk.app, "gemeente-oudstad", into="gemeente-nieuwstad", on=on, by="kernteam A",
        dry_run=dry_run,
    )  # fmt: skip


def mailing(session: Session, now: datetime, number: int) -> Mailing:
    made = Mailing(
        key=f"invitation:{number}", kind="invitation", state=MailingState.SENDING, audience={},
        scheduled_at=now, reason="", created_by="test", created_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def delivery(
    now: datetime, of: Mailing, row: Registration, state: DeliveryState, occurrence: int
) -> Delivery:
    return Delivery(
        mailing=of, recipient_key=f"invitation:{row.invitation_id}",
        invitation_id=row.invitation_id, occurrence=occurrence, token=random_token(), state=state,
        version=1, variant="nl", address="x@b.example", name="", places={}, message_id="<x@y>",
        dated_at=now, not_before=now, created_at=now,
    )  # fmt: skip
