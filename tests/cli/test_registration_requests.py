"""``registrations requests``, ``decide`` and ``group-link`` on the command line."""

from __future__ import annotations

import sqlite3

import pytest

from tests.cli.running import EVENT, Shell

TOWN = "gemeente-dordrecht"


@pytest.fixture
def ahead(filled: Shell) -> Shell:
    """The event lies ahead of whatever day it is."""
    with sqlite3.connect(filled.folder / "var" / "outreach.db") as connection:
        connection.execute(
            "UPDATE event SET on_date = '2099-04-07', starts_at = NULL, ends_at = NULL,"
            " doors_at = NULL, answer_by_on = NULL WHERE key = ?",
            (EVENT,),
        )
    return filled


def test_a_group_link_is_made_listed_and_closed(ahead: Shell) -> None:
    making = ("registrations", "group-link", EVENT, "--organisation", TOWN, "--for", "raadsleden")
    made = ahead(*making, "--places", "5", "--by", "Kern A").good()
    url = made.out.strip()
    assert url.rpartition("/")[0].endswith("/groep")
    (one,) = ahead("registrations", "group-link", EVENT, "--json").good().json
    assert (one["url"], one["places"], one["left"]) == (url, 5, 5)
    assert one["closed_at"] is None
    again = ahead(*making, "--places", "5")
    assert (again.code, "has such a link already" in again.err) == (1, True)
    closed = ahead(*making, "--close", "--json").good().json
    assert closed[0]["closed_at"] is not None
    assert ahead(*making, "--close").code == 1
    assert "raadsleden" in ahead("registrations", "group-link", EVENT).good().out


def test_a_request_is_listed_and_decided(ahead: Shell) -> None:
    assert "none" in ahead("registrations", "requests", EVENT).good().out
    assert ahead("registrations", "requests", EVENT, "--json").good().json == []
    number = ask(ahead)
    (one,) = ahead("registrations", "requests", EVENT, "--json").good().json
    assert (one["id"], one["name"], one["address"]) == (number, "Vera", "vera@elders.example")
    assert "vera@elders.example" in ahead("registrations", "requests", EVENT).good().out
    decided = ahead("registrations", "decide", number, "accept", "--by", "Kern A", "--json").good()
    assert decided.json["state"] == "accepted"
    assert ahead("registrations", "decide", number, "decline").code == 1


def test_bad_input_is_one_error(ahead: Shell) -> None:
    for words, code in (
        (("requests", "geen"), 1),
        (("decide", "999", "accept"), 1),
        (("decide", "1", "misschien"), 2),
        (("group-link", EVENT, "--organisation", "geen", "--places", "2"), 1),
        (("group-link", EVENT, "--organisation", TOWN), 2),
        (("group-link", EVENT, "--organisation", TOWN, "--places", "0"), 2),
    ):
        ended = ahead("registrations", *words)
        assert ended.code == code, words
        assert "Traceback" not in ended.err


def ask(shell: Shell) -> int:
    """Put in somebody who asked to come, as the page does."""
    file = shell.folder / "var" / "outreach.db"
    with sqlite3.connect(file) as connection:
        event = connection.execute("SELECT id FROM event WHERE key = ?", (EVENT,)).fetchone()[0]
        contact = connection.execute(
            "INSERT INTO contact (address, name, language, token, source, legal_basis, created_at)"
            " VALUES ('vera@elders.example', 'Vera', 'nl', ?, 'test', 'consent', ?) RETURNING id",
            ("c" * 26, "2025-01-06 09:00:00.000000"),
        ).fetchone()[0]
        invitation = connection.execute(
            "INSERT INTO invitation (event_id, contact_id, token, uid, sequence, calendar_facts,"
            " revision_sent, date_sequence, created_at)"
            " VALUES (?, ?, ?, 'v@x', -1, '', -1, 0, ?) RETURNING id",
            (event, contact, "d" * 26, "2025-01-06 09:00:00.000000"),
        ).fetchone()[0]
        number = connection.execute(
            "INSERT INTO registration (event_id, invitation_id, contact_id, state, attendee_name,"
            " attendee_function, note, diet, replies, version, notified_version, created_at)"
            " VALUES (?, ?, ?, 'requested', 'Vera', '', '', '', '{}', 0, 0, ?) RETURNING id",
            (event, invitation, contact, "2025-01-06 09:00:00.000000"),
        ).fetchone()[0]
        connection.execute(
            "INSERT INTO registration_change (registration_id, after, at, by, via, comment)"
            " VALUES (?, 'requested', ?, 'Vera', 'link', 'forwarded by burgemeester')",
            (number, "2025-01-06 09:00:00.000000"),
        )
    return int(number)
