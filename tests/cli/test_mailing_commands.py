"""What the commands say of a mailing: what went wrong, what happens next, and to whom it goes."""

from __future__ import annotations

import logging
import socket
from datetime import timedelta

import pytest

from tests.cli.running import CALENDAR, PEOPLE, ROOT, Shell
from var_outreach.cli.serving import start_log
from var_outreach.clock import SystemClock

ME = "ik@team.example"


@pytest.fixture
def mailing(filled: Shell) -> str:
    """The key of a draft to all readers."""
    path = filled.write("mail.md", "# Verhuizing\n\nWij zijn verhuisd.\n")
    done = filled(
        "mailing", "new", path, "--to", "nieuwsbrief", "--subject", "Wij zijn verhuisd", "--json"
    ).good()
    return str(done.json["key"])


@pytest.fixture
def closed_port(filled: Shell) -> int:
    """Settings that send to a port of this machine at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    filled.monkeypatch.setenv("VAR_OUTREACH_TRANSPORT__KIND", "smtp")
    filled.monkeypatch.setenv("VAR_OUTREACH_SMTP__HOST", "127.0.0.1")
    filled.monkeypatch.setenv("VAR_OUTREACH_SMTP__PORT", str(port))
    return port


@pytest.fixture
def invitation(filled: Shell) -> str:
    """The key of the invitation, not released, to an event in three weeks."""
    on = (SystemClock().now() + timedelta(days=21)).date()
    plan = f"year: {on.year}\nevents:\n  - {{id: a, kind: leerhuis, title: Leerhuis, date: {on}}}\n"
    filled("agenda", "import", filled.write("p.yaml", plan)).good()
    filled("run").good()
    (key,) = [
        one["key"]
        for one in filled("mailing", "list", "--json").json
        if one["kind"] == "invitation"
    ]
    return str(key)


# ---- a test to oneself


def test_a_test_says_which_copies_went_and_where(filled: Shell, mailing: str) -> None:
    done = filled("mailing", "test", mailing, "--to", ME).good()
    assert done.out == f"Sent: Dutch and English, to {ME}.\n"


def test_a_test_to_a_closed_port_fails_with_the_reason(
    filled: Shell, mailing: str, closed_port: int
) -> None:
    done = filled("mailing", "test", mailing, "--to", ME)
    assert (done.code, done.out) == (1, "")
    assert f"not sent: Dutch and English, to {ME}" in done.err
    assert f"127.0.0.1:{closed_port}" in done.err
    assert "var-outreach outbox status" in done.err
    again = filled("mailing", "test", mailing, "--to", ME, "--json")
    assert (again.code, again.json["deliveries"]) == (1, {"queued": 2})


def test_a_test_that_the_machine_cannot_write_fails_and_is_listed_as_that(
    filled: Shell, mailing: str
) -> None:
    # A bounce address that is right by itself and too long once a delivery's token stands in it.
    filled.monkeypatch.setenv(
        "VAR_OUTREACH_NETWORK__BOUNCE_ADDRESS", f"{'b' * 50}+{{token}}@var.example"
    )
    done = filled("mailing", "test", mailing, "--to", ME)
    assert done.code == 1
    assert "is not a mail address" in done.err
    assert "test again" in done.err
    listed = filled("mailing", "list", "--tests").good().out
    (row,) = [line for line in listed.splitlines() if f"test:{mailing}" in line]
    assert " failed " in row
    assert " sent " not in row


def test_tests_stand_in_the_list_only_if_asked(filled: Shell, mailing: str) -> None:
    filled("mailing", "test", mailing, "--to", ME).good()
    assert [one["key"] for one in filled("mailing", "list", "--json").json] == [mailing]
    assert "test:" not in filled("mailing", "list").good().out
    assert f"test:{mailing}" in filled("mailing", "list", "--tests").good().out


# ---- how it stands


def test_the_list_says_to_how_many_a_draft_would_go(filled: Shell, mailing: str) -> None:
    (row,) = [line for line in filled("mailing", "list").out.splitlines() if mailing in line]
    assert " 400 " in row


def test_a_mailing_shows_its_dutch_subject(filled: Shell, invitation: str) -> None:
    assert filled("mailing", "show", invitation, "--json").json["subject"].startswith("Uitnodiging")


def test_a_release_at_once_shows_when_it_goes(filled: Shell) -> None:
    path = filled.write("mail.md", "Wij zijn verhuisd.\n")
    key = filled(
        "mailing", "new", path, "--to", "nieuwsbrief", "--subject", "Later",
        "--at", "2098-03-04 09:00", "--json",
    ).good().json["key"]  # fmt: skip
    filled("mailing", "approve", key).good()
    goes = filled("mailing", "release", key, "--now", "--json").good().json["goes_at"]
    assert filled("mailing", "show", key, "--json").json["goes_at"] == goes
    shown = filled("mailing", "show", key).good().out
    assert "goes_at" in shown
    assert "scheduled_at" not in shown
    assert "2098" not in shown + filled("mailing", "list").good().out


def test_what_is_approved_already_says_what_to_do_next(filled: Shell, mailing: str) -> None:
    refused = filled("mailing", "release", mailing).err
    assert "was not approved" in refused
    assert f"mailing approve {mailing}" in refused
    filled("mailing", "approve", mailing).good()
    again = filled("mailing", "approve", mailing)
    assert again.code == 1
    assert "is approved already" in again.err
    assert f"mailing release {mailing}" in again.err
    filled("mailing", "release", mailing).good()
    assert f"mailing release {mailing}" in filled("mailing", "hold", mailing).good().out
    filled("mailing", "release", mailing, "--now").good()
    after = filled("mailing", "approve", mailing)
    assert "released already" in after.err
    assert f"mailing hold {mailing}" in after.err


def test_a_standing_invitation_says_until_when_it_stays_open(
    filled: Shell, invitation: str
) -> None:
    filled.monkeypatch.setenv("VAR_OUTREACH_RECALL_MINUTES", "0")
    filled("mailing", "approve", invitation).good()
    filled("mailing", "release", invitation, "--now").good()
    done = filled("run").good().out
    assert f"{invitation}: " in done
    assert " sent\n" in done
    shown = filled("mailing", "show", invitation).good().out
    assert "sending (stays open for late invitees until 20" in shown
    assert "stays open for late invitees" in filled("mailing", "list").good().out
    assert filled("mailing", "show", invitation, "--json").json["state"] == "sending"


# ---- run, serve, outbox


def test_a_run_prints_sentences(filled: Shell, mailing: str) -> None:
    filled.monkeypatch.setenv("VAR_OUTREACH_RECALL_MINUTES", "0")
    filled("run").good()
    assert filled("run").good().out == "Nothing is due now.\n"
    filled("mailing", "approve", mailing).good()
    filled("mailing", "release", mailing).good()
    out = filled("run").good().out
    assert f"{mailing}: 400 in the queue\n400 sent\nAll gone: {mailing}\n" in out
    assert "{" not in out


def test_an_unknown_transport_does_not_go_on(filled: Shell) -> None:
    done = filled("outbox", "resume", "smpt")
    assert (done.code, done.out) == (2, "")
    assert "unknown transport 'smpt'. Use smtp" in done.err
    assert "did not stand still" in filled("outbox", "resume", "smtp").good().out


@pytest.mark.parametrize("words", [("outbox", "status"), ("run",)])
def test_settings_that_are_surely_not_meant_are_said(
    filled: Shell, words: tuple[str, ...], closed_port: int
) -> None:
    filled.monkeypatch.setenv("VAR_OUTREACH_SMTP__USERNAME", "var")
    filled.monkeypatch.setenv("VAR_OUTREACH_SMTP__PASSWORD_FILE", "not/there")
    done = filled(*words)
    assert "not/there cannot be read" in done.err
    assert "network.sender_address" in done.err
    warnings = filled("outbox", "status", "--json").good().json["warnings"]
    assert any("not/there" in warning for warning in warnings)


def test_the_log_has_no_line_for_every_tick() -> None:
    scheduler = logging.getLogger("apscheduler.executors.default")
    before = logging.getLogger("apscheduler").level
    try:
        start_log()
        assert not scheduler.isEnabledFor(logging.INFO)
        assert scheduler.isEnabledFor(logging.WARNING)
    finally:
        logging.getLogger("apscheduler").setLevel(before)


# ---- imports


@pytest.mark.parametrize(
    "words",
    [
        ("agenda", "import", CALENDAR),
        ("people", "import", PEOPLE, "--source", "voorbeeld"),
        ("audience", "import", ROOT / "config" / "audiences.yaml"),
    ],
)
def test_an_import_that_changes_nothing_does_not_say_done(
    filled: Shell, words: tuple[object, ...]
) -> None:
    out = filled(*words).good().out
    assert out.startswith("Nothing changed.\n")
    assert "Done:" not in out
    assert filled(*words, "--dry-run").good().out.startswith("An import would change nothing.\n")


def test_an_office_that_had_ended_already_does_not_end_again(filled: Shell) -> None:
    (first, *_) = filled("functions", "list", "--json").good().json
    words = ("functions", "end", "--on", "2025-06-01", "--id", first["id"])
    assert filled(*words).good().out.startswith("Done:\n")
    assert filled(*words).good().out.startswith("Nothing changed.\n")
