"""Double opt-in: asking, confirming, leaving, and the proof of each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict, NotFound
from var_outreach.people import store
from var_outreach.people import subscriptions as subs
from var_outreach.people.model import Contact, Subscription, SubscriptionState
from var_outreach.storage.engine import Database

ADDRESS = "lezer@dordrecht.example"


def ask(session: Session, now: datetime, address: str = ADDRESS, **more: str) -> Subscription:
    return subs.ask(
        session, address, more.pop("name", "Lezer"), "nl", source="/aanmelden", wording="2025-1",
        now=now, **more,
    )  # fmt: skip


def confirm(session: Session, subscription: Subscription, now: datetime) -> Subscription:
    return subs.confirm(session, subscription.id, source="/bevestigen", wording="2025-1", now=now)


def acts(subscription: Subscription) -> list[str]:
    return [proof.act for proof in subscription.proofs]


def imported(session: Session, contact: Contact, given: datetime, now: datetime) -> bool:
    return subs.import_consent(
        session, contact, consented_at=given, source="lijst.csv", wording="import", now=now
    )


def test_asking_makes_a_confirmation_mail_due_and_nothing_else(
    database: Database, now: datetime
) -> None:
    with database.writing() as session:
        asked = ask(session, now)
        assert asked.state is SubscriptionState.PENDING
        assert (asked.version, asked.notified_version) == (1, 0)
        assert acts(asked) == ["asked"]
        proof = asked.proofs[0]
        assert (proof.at, proof.wording, proof.source) == (now, "2025-1", "/aanmelden")
        assert asked.contact.legal_basis == store.CONSENT


def test_confirming_makes_it_active_once(database: Database, now: datetime) -> None:
    with database.writing() as session:
        asked = ask(session, now)
        for minutes in (5, 6):
            confirm(session, asked, now + timedelta(minutes=minutes))
        assert asked.state is SubscriptionState.ACTIVE
        assert asked.changed_at == now + timedelta(minutes=5)
        assert acts(asked) == ["asked", "confirmed"]
        assert asked.notified_version == asked.version
        with pytest.raises(NotFound):
            subs.confirm(session, asked.id + 1, source="", wording="", now=now)


def test_asking_when_active_changes_nothing(database: Database, now: datetime) -> None:
    with database.writing() as session:
        asked = confirm(session, ask(session, now), now)
        before = (asked.version, asked.state, asked.changed_at, acts(asked))
        again = ask(session, now + timedelta(days=3))
        assert again is asked
        assert (asked.version, asked.state, asked.changed_at, acts(asked)) == before


def test_a_stranger_cannot_rename_somebody(database: Database, now: datetime) -> None:
    with database.writing() as session:
        known, _ = store.add_contact(
            session, ADDRESS, "Burgemeester", source="gids", legal_basis="public_task", now=now
        )
        ask(session, now, name="Iemand anders")
        assert known.name == "Burgemeester"
        assert (known.source, known.legal_basis) == ("gids", "public_task")


def test_at_most_three_confirmation_mails_a_day(database: Database, now: datetime) -> None:
    with database.writing() as session:
        versions = [
            ask(session, now + timedelta(minutes=minute), address).version
            for minute, address in enumerate([ADDRESS, ADDRESS.upper(), ADDRESS, ADDRESS, ADDRESS])
        ]
        assert versions == [1, 2, 3, 3, 3]
        later = ask(session, now + timedelta(days=1, minutes=1))
        assert later.version == 4
        assert acts(later).count("asked") == 4


def test_leaving_and_asking_in_turn_gives_no_more_mails(database: Database, now: datetime) -> None:
    with database.writing() as session:
        for _ in range(6):
            subscription = ask(session, now)
            subs.leave(session, subscription.token, source="/afmelden", now=now)
        assert subscription.version == 3


def test_leaving_works_twice_and_ninety_days_later_and_leaves_just_that_list(
    database: Database, now: datetime
) -> None:
    with database.writing() as session:
        letter = confirm(session, ask(session, now), now)
        other = confirm(session, ask(session, now, list_key="vacatures"), now)
        later = now + timedelta(days=90)
        for moment in (later, later + timedelta(days=1)):
            left = subs.leave(session, letter.token, source="one-click", now=moment)
        assert left is letter
        assert left.state is SubscriptionState.LEFT
        assert left.changed_at == later
        assert acts(left) == ["asked", "confirmed", "left"]
        assert other.state is SubscriptionState.ACTIVE
        assert [s.list_key for s in subs.subscriptions_of(session, letter.contact)] == [
            "nieuwsbrief",
            "vacatures",
        ]
        assert subs.find_subscription(session, letter.token) is letter


def test_an_unknown_token_leaves_nothing(database: Database, now: datetime) -> None:
    with database.writing() as session, pytest.raises(NotFound):
        subs.leave(session, "a" * 26, source="", now=now)


def test_an_old_confirmation_link_brings_nobody_back(database: Database, now: datetime) -> None:
    with database.writing() as session:
        asked = confirm(session, ask(session, now), now)
        subs.leave(session, asked.token, source="", now=now)
        with pytest.raises(Conflict):
            confirm(session, asked, now)
        assert asked.state is SubscriptionState.LEFT
        again = ask(session, now)
        assert again.state is SubscriptionState.PENDING
        assert again.version == 2


def test_leaving_before_confirming_takes_the_waiting_mail_away(
    database: Database, now: datetime
) -> None:
    with database.writing() as session:
        asked = ask(session, now)
        subs.leave(session, asked.token, source="", now=now)
        assert asked.notified_version == asked.version


def test_consent_from_a_file_needs_no_new_opt_in(database: Database, now: datetime) -> None:
    given = now - timedelta(days=900)
    with database.writing() as session:
        person, _ = store.add_contact(
            session, ADDRESS, "Lezer", source="lijst", legal_basis="consent", now=now
        )
        assert imported(session, person, given, now)
        assert not imported(session, person, given, now)
        subscription = subs.subscription_of(session, person, subs.NEWSLETTER)
        assert subscription is not None
        assert subscription.state is SubscriptionState.ACTIVE
        assert subscription.version == subscription.notified_version
        assert [(p.act, p.at) for p in subscription.proofs] == [("imported", given)]


@pytest.mark.parametrize("asks_again", [False, True])
def test_a_file_never_brings_back_who_left(
    database: Database, now: datetime, asks_again: bool
) -> None:
    with database.writing() as session:
        subscription = confirm(session, ask(session, now), now)
        subs.leave(session, subscription.token, source="", now=now)
        if asks_again:  # perhaps a stranger did
            ask(session, now)
        assert not imported(session, subscription.contact, now, now)
        assert subscription.state is not SubscriptionState.ACTIVE


def test_an_opt_out_in_a_file_does_not_outrank_the_persons_own_yes(
    database: Database, now: datetime
) -> None:
    with database.writing() as session:
        own = confirm(session, ask(session, now), now)
        assert not subs.take_opt_out(session, own, source="l.csv", wording="import", now=now)
        assert own.state is SubscriptionState.ACTIVE
        person, _ = store.add_contact(
            session, "b@dordrecht.example", "B", source="l", legal_basis="consent", now=now
        )
        imported(session, person, now, now)
        other = subs.subscription_of(session, person, subs.NEWSLETTER)
        assert other is not None
        assert subs.take_opt_out(session, other, source="l.csv", wording="import", now=now)
        assert other.state is SubscriptionState.LEFT


def test_two_who_ask_at_once_for_one_address_get_one_subscription(
    database: Database, now: datetime
) -> None:
    def one(_: int) -> int:
        with database.writing() as session:
            return ask(session, now).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 1
    with database.reading() as session:
        (only,) = session.scalars(select(Subscription))
        assert only.version == 3
