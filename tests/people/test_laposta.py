"""Readers from Laposta: consent with its date, opt-outs for good, nobody asked anew."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from var_outreach.errors import FileError
from var_outreach.people import store
from var_outreach.people import subscriptions as subs
from var_outreach.people.laposta import (
    LapostaReport,
    LapostaState,
    import_members,
    is_laposta,
    read_members,
    title_words,
)
from var_outreach.people.model import Contact, Subscription, SubscriptionState, Suppression
from var_outreach.people.suppression import is_suppressed
from var_outreach.people.table import Table, read_table
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

ZONE = ZoneInfo("Europe/Amsterdam")
EXPORT = """\
E-mailadres;Voornaam;Tussenvoegsel;Achternaam;Status;Aangemeld op;Afgemeld op;Herkomst;IP;Leeftijd
ann@harbour.example;Ann;;Reed;actief;05-04-2023 10:11;;https://var.example/in;10.0.0.1;40
bo@haven.example;Bo;de;Wit;afgemeld;2021-01-02 09:00:00;2022-02-03 08:00:00;;;
cas@haven.example;;;;onbevestigd;06-04-2023;;;;
dia@haven.example;Dia;;Bos;gebounced;01-01-2020;;;;
eef@haven.example;Eef;;Mos;verwijderd;01-01-2020;;;;
"""
ENGLISH = "email,state,signup_date,unsubscribed\n"


def table(text: str) -> Table:
    return read_table(text.encode(), name="laposta.csv", words=title_words())


class Taker:
    """Takes exports over into one database."""

    def __init__(self, database: Database, now: datetime, signer: Signer) -> None:
        self.database, self.now, self.signer = database, now, signer

    def __call__(self, text: str = EXPORT) -> LapostaReport:
        members, errors = read_members(table(text), ZONE, now=self.now)
        report = LapostaReport(rows=len(members))
        report.note_bad(errors)
        with self.database.writing() as session:
            import_members(
                session, members, report, now=self.now, source="laposta.csv", signer=self.signer
            )
        return report

    def state(self, address: str) -> tuple[str, list[tuple[str, datetime, str, str]]]:
        """Return the state of a subscription, and its proofs."""
        with self.database.reading() as session:
            contact = store.find_contact(session, address)
            assert contact is not None
            one = session.scalars(
                select(Subscription).where(Subscription.contact_id == contact.id)
            ).one()
            proofs = [(p.act, p.at, p.wording, p.source) for p in one.proofs]
            assert one.version == one.notified_version, "no confirmation mail may be due"
            return one.state.value, proofs


@pytest.fixture
def take(database: Database, now: datetime, signer: Signer) -> Taker:
    return Taker(database, now, signer)


def test_an_export_is_taken_over(take: Taker, signer: Signer) -> None:
    report = take()
    assert (report.subscribed, report.left, report.bounced) == (1, 1, 1)
    assert (report.unconfirmed, report.deleted, report.bad) == (1, 1, [])
    consented = datetime(2023, 4, 5, 8, 11, tzinfo=UTC)
    assert take.state("ann@harbour.example") == (
        "active", [("imported", consented, "Laposta export", "laposta.csv")]
    )  # fmt: skip
    left = datetime(2022, 2, 3, 7, 0, tzinfo=UTC)
    assert take.state("bo@haven.example") == (
        "left", [("left", left, "Laposta export", "laposta.csv")]
    )  # fmt: skip
    with take.database.reading() as session:
        names = {one.address: one.name for one in session.scalars(select(Contact))}
        assert names == {"ann@harbour.example": "Ann Reed", "bo@haven.example": "Bo de Wit"}
        ann = store.find_contact(session, "ann@harbour.example")
        assert ann is not None
        assert (ann.source, ann.legal_basis) == ("https://var.example/in", "consent")
        assert is_suppressed(session, "DIA@haven.example", signer=signer) == "hard_bounce"
        (bounce,) = session.scalars(select(Suppression))
        assert bounce.evidence is not None
        assert bounce.evidence["source"] == "laposta.csv"


def test_the_same_export_again_changes_nothing(take: Taker) -> None:
    take()
    before = take.state("ann@harbour.example"), take.state("bo@haven.example")
    again = take()
    assert (again.subscribed, again.left, again.bounced, again.known) == (0, 0, 0, 3)
    assert (take.state("ann@harbour.example"), take.state("bo@haven.example")) == before


def test_who_left_is_brought_back_by_no_later_list(take: Taker, now: datetime) -> None:
    take()
    back = take(ENGLISH + "bo@haven.example,active,2024-05-06 10:00:00,\n")
    assert (back.subscribed, back.stayed_away) == (0, 1)
    assert take.state("bo@haven.example")[0] == "left"
    with take.database.writing() as session:
        contact = store.find_contact(session, "bo@haven.example")
        assert contact is not None
        assert not subs.import_consent(
            session, contact, consented_at=now, source="csv", wording="import", now=now
        )


def test_who_left_there_leaves_here_unless_they_confirmed_here(take: Taker, now: datetime) -> None:
    take()
    with take.database.writing() as session:
        asked = subs.ask(session, "fee@b.example", "F", "nl", source="/", wording="1", now=now)
        session.flush()
        subs.confirm(session, asked.id, source="/", wording="1", now=now)
    rows = "".join(
        f"{one}@{domain},unsubscribed,2020-01-01,2024-01-01\n"
        for one, domain in (("ann", "harbour.example"), ("fee", "b.example"))
    )
    report = take(ENGLISH + rows)
    assert report.left == 1
    assert take.state("ann@harbour.example")[0] == "left"
    assert take.state("fee@b.example")[0] == "active"


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ("a@b.example,active,2024-01-01,2023-01-01", LapostaState.ACTIVE),
        ("a@b.example,active,2023-01-01,2024-01-01", LapostaState.LEFT),
        ("a@b.example,active,2023-01-01,0000-00-00 00:00:00", LapostaState.ACTIVE),
        ("a@b.example,Nog niet bevestigd,,", LapostaState.UNCONFIRMED),
        ("a@b.example,Uitgeschreven,,", LapostaState.LEFT),
        ("a@b.example,cleaned,,", LapostaState.BOUNCED),
    ],
)
def test_states(row: str, state: LapostaState, now: datetime) -> None:
    members, errors = read_members(table(ENGLISH + row + "\n"), ZONE, now=now)
    assert errors == []
    assert [one.state for one in members] == [state]


@pytest.mark.parametrize(
    ("row", "where", "what"),
    [
        ("geen adres,active,2024-01-01,", "row 2, column A (email)", "is not a mail address"),
        ("a@b.example,vaag,2024-01-01,", "row 2, column B (state)", "not known here"),
        ("a@b.example,active,,", "row 2, column C (signup_date)", "not said when"),
        ("a@b.example,active,morgen,", "row 2, column C (signup_date)", "is not a date"),
        ("a@b.example,active,2099-01-01,", "row 2, column C (signup_date)", "not come yet"),
        ("a@b.example,active,0001-01-01 00:00,", "row 2, column C (signup_date)", "not a date"),
    ],
)
def test_a_bad_row_is_named(row: str, where: str, what: str, now: datetime) -> None:
    members, errors = read_members(table(ENGLISH + row + "\n"), ZONE, now=now)
    assert members == []
    ((error,)) = errors
    assert (error.where, what in error.what) == (where, True)
    assert error.remedy


def test_only_an_export_is_one(now: datetime) -> None:
    assert is_laposta(table(EXPORT).titles)
    assert is_laposta(("Email", "State", "Signup date"))
    other = ("naam", "e-mail", "bron")
    assert not is_laposta(other)
    with pytest.raises(FileError, match="no Laposta export"):
        read_members(table("naam;e-mail;bron\na;a@b.example;x\n"), ZONE, now=now)


def test_a_guest_who_was_a_reader_all_along_is_a_guest_no_more(take: Taker, now: datetime) -> None:
    with take.database.writing() as session:
        guest, _ = store.add_contact(
            session, "ann@harbour.example", "Ann", source="", legal_basis="public_task", now=now
        )
        guest.guest_until_on = now.date()
    take()
    with take.database.reading() as session:
        found = store.find_contact(session, "ann@harbour.example")
        assert found is not None
        assert found.guest_until_on is None
        state = session.scalars(select(Subscription.state).join(Contact).where(
            Contact.address == "ann@harbour.example")).one()  # fmt: skip
        assert state is SubscriptionState.ACTIVE
