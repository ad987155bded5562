"""Access and erasure: what a person may ask, and what stays after."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import text

from var_outreach.people import store, suppression
from var_outreach.people import subscriptions as subs
from var_outreach.people.model import Contact, Function, SubscriptionState, SuppressionReason
from var_outreach.people.privacy import erase, export_person
from var_outreach.people.topics import seed_topics
from var_outreach.storage.base import Base
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

ADDRESS = "q.zonneveld@maassluis.example"
NAME = "Quirine Zonneveld"


def filled(database: Database, now: datetime, signer: Signer) -> int:
    with database.writing() as session:
        seed_topics(session)
        organisation = store.upsert_organisation(session, "Gemeente Maassluis", "gemeente")
        person, _ = store.add_contact(
            session, ADDRESS, NAME, source="gids", legal_basis="public_task", now=now,
            organisation=organisation,
        )  # fmt: skip
        store.set_topics(session, person, ["mensenhandel"])
        session.add(Function(organisation=organisation, role="adviseur", holder=person))
        asked = subs.ask(session, ADDRESS, NAME, "nl", source="/a", wording="1", now=now)
        subs.confirm(session, asked.id, source="/b", wording="1", now=now)
        suppression.suppress(
            session, ADDRESS, SuppressionReason.HARD_BOUNCE,
            evidence={"said": f"<{ADDRESS}> unknown"}, now=now, signer=signer,
        )  # fmt: skip
        return person.id


def everything(database: Database) -> str:
    with database.reading() as session:
        return "\n".join(
            str(tuple(row))
            for table in Base.metadata.sorted_tables
            for row in session.execute(text(f'SELECT * FROM "{table.name}"'))
        )


def test_a_copy_holds_all_that_is_kept(database: Database, now: datetime, signer: Signer) -> None:
    key = filled(database, now, signer)
    with database.reading() as session:
        copy = export_person(session, session.get_one(Contact, key))
    assert json.loads(json.dumps(copy)) == copy
    assert copy["address"] == ADDRESS
    assert copy["source"] == "gids"
    assert copy["topics"] == ["Mensenhandel"]
    assert [(f["role"], f["as"], f["written_to"]) for f in copy["functions"]] == [
        ("adviseur", "holder", True)
    ]
    assert [a["act"] for a in copy["subscriptions"][0]["acts"]] == ["asked", "confirmed"]
    assert copy["suppressions"][0]["evidence"] == {"said": f"<{ADDRESS}> unknown"}


def test_after_erasure_no_table_holds_the_address_or_the_name(
    database: Database, now: datetime, signer: Signer
) -> None:
    key = filled(database, now, signer)
    assert "zonneveld" in everything(database).lower()
    with database.writing() as session:
        erase(session, session.get_one(Contact, key), signer=signer, now=now)
    assert "zonneveld" not in everything(database).lower()


def test_an_erased_address_stays_closed_and_the_office_is_vacant(
    database: Database, now: datetime, signer: Signer
) -> None:
    key = filled(database, now, signer)
    with database.writing() as session:
        person = session.get_one(Contact, key)
        token = person.token
        for _ in range(2):
            erase(session, person, signer=signer, now=now)
        assert suppression.is_suppressed(session, ADDRESS, signer=signer) is not None
        only = suppression.suppressed_addresses(
            session, [ADDRESS], signer=signer, reason=SuppressionReason.ERASURE
        )
        assert only == {ADDRESS: SuppressionReason.ERASURE}
        assert person.token != token
        (office,) = store.functions_on(session, now.date())
        assert office.holder is None
        (subscription,) = subs.subscriptions_of(session, person)
        assert subscription.state is SubscriptionState.LEFT
        assert [p.act for p in subscription.proofs] == ["asked", "confirmed", "left"]
