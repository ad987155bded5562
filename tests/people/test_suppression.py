"""Addresses to which nothing may go."""

from __future__ import annotations

from datetime import datetime

import pytest

from var_outreach.errors import HeaderError
from var_outreach.people import suppression
from var_outreach.people.model import SuppressionReason
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

ADDRESS = "A.Visser@schiedam.example"


def test_a_suppressed_address_is_found_in_any_case(
    database: Database, now: datetime, signer: Signer
) -> None:
    with database.writing() as session:
        made = suppression.suppress(
            session, ADDRESS, SuppressionReason.HARD_BOUNCE, evidence={"status": "5.1.1"},
            now=now, signer=signer,
        )  # fmt: skip
        assert made.address == ADDRESS
        assert (
            suppression.is_suppressed(session, ADDRESS.lower(), signer=signer)
            is SuppressionReason.HARD_BOUNCE
        )
        assert suppression.is_suppressed(session, "b@schiedam.example", signer=signer) is None
        found = suppression.suppressed_addresses(
            session, [ADDRESS.upper(), ADDRESS, "b@schiedam.example"], signer=signer
        )
        assert set(found) == {ADDRESS.upper(), ADDRESS}


def test_the_same_reason_twice_is_one(database: Database, now: datetime, signer: Signer) -> None:
    with database.writing() as session:
        rows = [
            suppression.suppress(session, ADDRESS, reason, evidence=None, now=now, signer=signer)
            for reason in (
                SuppressionReason.HARD_BOUNCE,
                SuppressionReason.HARD_BOUNCE,
                SuppressionReason.COMPLAINT,
            )
        ]
        assert rows[0] is rows[1]
        assert rows[2] is not rows[0]
        assert list(suppression.suppressed_fingerprints(session).values()) == [
            SuppressionReason.HARD_BOUNCE
        ]


def test_lifting_one_reason_leaves_the_others(
    database: Database, now: datetime, signer: Signer
) -> None:
    with database.writing() as session:
        for reason in (SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT):
            suppression.suppress(session, ADDRESS, reason, evidence=None, now=now, signer=signer)
        lifted = suppression.lift(
            session, ADDRESS, now=now, signer=signer, reason=SuppressionReason.HARD_BOUNCE
        )
        assert lifted == 1
        assert (
            suppression.is_suppressed(session, ADDRESS, signer=signer)
            is SuppressionReason.COMPLAINT
        )
        assert suppression.lift(session, ADDRESS, now=now, signer=signer) == 1
        assert suppression.is_suppressed(session, ADDRESS, signer=signer) is None
        again = suppression.suppress(
            session, ADDRESS, SuppressionReason.COMPLAINT, evidence=None, now=now, signer=signer
        )
        assert again.lifted_at is None


def test_many_addresses_are_looked_up_in_batches(
    database: Database, now: datetime, signer: Signer
) -> None:
    addresses = [f"p{number}@schiedam.example" for number in range(1201)]
    with database.writing() as session:
        for address in addresses[::400]:
            suppression.suppress(
                session, address, SuppressionReason.REQUEST, evidence=None, now=now, signer=signer
            )
        found = suppression.suppressed_addresses(session, addresses, signer=signer)
        assert sorted(found) == sorted(addresses[::400])
        assert not suppression.suppressed_addresses(
            session, addresses, signer=signer, reason=SuppressionReason.ERASURE
        )


def test_what_is_no_address_is_refused(database: Database, now: datetime, signer: Signer) -> None:
    with database.writing() as session, pytest.raises(HeaderError):
        suppression.suppress(
            session, "x", SuppressionReason.REQUEST, evidence=None, now=now, signer=signer
        )
