"""Every other command: it runs, and what it lists can be read by a program."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest

from tests.cli.running import CALENDAR, EVENT, NEWS, PEOPLE, Shell
from var_outreach.planning.mail_kinds import CALENDAR_KINDS, MailKind

FAR = "year: 2098\nevents:\n  - {id: a, kind: leerhuis, title: Leerhuis, date: 2098-10-09}\n"


@pytest.fixture
def mailing(filled: Shell) -> str:
    """The key of a draft to all readers; a release goes at once."""
    filled.monkeypatch.setenv("VAR_OUTREACH_RECALL_MINUTES", "0")
    path = filled.write("mail.md", "# Verhuizing\n\nWij zijn verhuisd.\n")
    done = filled(
        "mailing", "new", path, "--to", "nieuwsbrief", "--subject", "Wij zijn verhuisd", "--json"
    ).good()
    assert done.json["state"] == "draft"
    return str(done.json["key"])


# ---- people, audiences, news


def test_people_come_in_and_say_so(shell: Shell) -> None:
    done = shell("people", "import", PEOPLE, "--source", "voorbeeld", "--dry-run").good()
    assert "what an import would do" in done.out
    before = shell.dump()
    report = shell("people", "import", PEOPLE, "--source", "voorbeeld", "--json").good().json
    assert report["rows"] == report["new"] > 600
    assert report["subscribed"] == 400
    assert shell.dump() != before
    again = shell("people", "import", PEOPLE, "--source", "voorbeeld", "--json").good().json
    assert (again["new"], again["changed"]) == (0, 0)


def test_a_people_dry_run_changes_nothing(filled: Shell) -> None:
    path = filled.write("p.csv", "naam,adres,bron\nTest Persoon,test@gemeente.example,beurs\n")
    before = filled.dump()
    done = filled("people", "import", path, "--dry-run", "--json").good()
    assert done.json["new"] == 1
    assert filled.dump() == before


def test_where_an_address_comes_from_must_be_known(filled: Shell) -> None:
    path = filled.write("p.csv", "naam,adres\nTest Persoon,test@gemeente.example\n")
    before = filled.dump()
    done = filled("people", "import", path)
    assert done.code == 2
    assert "p.csv, row 2" in done.err
    assert "--source" in done.err
    assert filled.dump() == before
    filled("people", "import", path, "--source", "beurs").good()


@pytest.mark.parametrize("option", [(), ("--subscribers",)])
def test_people_go_out_again(filled: Shell, option: tuple[str, ...]) -> None:
    target = filled.folder / "uit.csv"
    done = filled("people", "export", "--to", target, *option, "--json").good()
    text = target.read_text("utf-8-sig")
    assert done.json == {"file": str(target), "rows": text.count("\n") - 1}
    assert done.json["rows"] >= 400
    assert target.read_bytes().startswith(b"\xef\xbb\xbf"), "or Excel shows é as Ã©"
    if not option:
        again = filled("people", "import", target, "--source", "x", "--json").good().json
        assert (again["new"], again["changed"]) == (0, 0)


def test_audiences(filled: Shell) -> None:
    listed = filled("audience", "list", "--json").good().json
    assert {"key", "name", "include", "exclude"} <= listed[0].keys()
    one = filled("audience", "show", "nieuwsbrief", "--json").good().json
    assert one["count"] == len(one["recipients"]) == 400
    assert {"name", "address", "language"} <= one["recipients"][0].keys()
    assert {"left_out", "unreachable"} <= one.keys()
    shown = filled("audience", "show", "nieuwsbrief").good().out
    assert all(reader["address"] in shown for reader in one["recipients"])
    assert "nieuwsbrief" in filled("audience", "list").good().out
    assert "Did you mean" in filled("audience", "show", "nieuwsbrif").err


def test_news(shell: Shell) -> None:
    done = shell("news", "import", NEWS, "--json").good().json
    assert done["new"] > 0
    assert shell("news", "import", NEWS).good().out.startswith("0 new, 0 changed.")
    items = shell("news", "list", "--json").good().json
    assert len(items) == done["new"]
    assert {"published_on", "title", "topic", "source", "url", "issue"} <= items[0].keys()
    assert items[0]["title"] in shell("news", "list").good().out
    assert shell("news", "fetch").code == 2


# ---- plan, mail, outbox


def test_the_plan(filled: Shell) -> None:
    # So far ahead that the machine's own clock has not got there.
    filled("agenda", "import", filled.write("p.yaml", FAR)).good()
    period = ("--from", "2098-01-01", "--until", "2098-12-31")
    dues = filled("plan", "show", *period, "--json").good().json
    assert {"at", "kind", "key", "subject", "to", "state", "release", "why"} <= dues[0].keys()
    assert [due["at"] for due in dues] == sorted(due["at"] for due in dues)
    shown = filled("plan", "show", *period).good().out
    assert "From 2098-01-01 to 2098-12-31" in shown
    invitation = next(due for due in dues if due["kind"] == "invitation")
    assert (invitation["subject"], invitation["to"] > 50) == ("2098-10-09-leerhuis", True)
    assert "42 days before the event" in shown


def test_every_kind_of_mail_can_be_looked_at(filled: Shell) -> None:
    folder = filled.folder / "preview"
    paths = [
        Path(one)
        for one in filled("compose", "preview", "all", "--to", folder, "--json").good().json
    ]
    assert set(paths) == set(folder.iterdir())
    for kind in MailKind:
        own = [path for path in paths if path.name.startswith(f"{kind.value}.")]
        suffixes = {path.suffix for path in own}
        assert {".eml", ".html", ".txt"} <= suffixes, kind
        assert (".ics" in suffixes) is (kind in CALENDAR_KINDS), kind
    for path in paths:
        if path.suffix == ".eml":
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert not list(mail.defects)
            assert mail["Subject"]


def test_the_mail_of_an_event_of_the_agenda(filled: Shell) -> None:
    folder = filled.folder / "preview"
    filled("compose", "preview", "invitation", "--event", EVENT, "--to", folder).good()
    (entry,) = {path.read_bytes() for path in folder.glob("*.nl.ics")}
    assert b"20250407" in entry
    assert "7 april 2025" in (folder / "invitation.nl.txt").read_text()
    assert filled("compose", "preview", "uitnodiging", "--to", folder).code == 2
    assert filled("compose", "preview", "invitation", "--event", "x", "--to", folder).code == 1


def test_a_mailing_from_draft_to_sent(filled: Shell, mailing: str) -> None:
    (row,) = filled("mailing", "list", "--json").good().json
    assert {"key", "kind", "state", "scheduled_at", "deliveries", "approved_by"} <= row.keys()
    assert (row["key"], row["state"]) == (mailing, "draft")
    shown = filled("mailing", "show", mailing, "--json").good().json
    assert (shown["to"], shown["subject"]) == (400, "Wij zijn verhuisd")
    paths = filled("mailing", "preview", mailing, "--to", "look", "--json").good().json
    assert {Path(path).suffix for path in paths} == {".eml", ".html", ".txt"}
    test = filled("mailing", "test", mailing, "--to", "ik@team.example", "--json").good().json
    assert test["deliveries"] == {"sent": 2}
    done = filled("mailing", "approve", mailing, "--by", "Een", "--json").good().json
    assert (done["key"], done["to"], done["state"]) == (mailing, 400, "approved")
    goes = filled("mailing", "release", mailing, "--now", "--by", "Twee", "--json").good().json
    assert (goes["key"], "goes_at" in goes) == (mailing, True)
    filled("run").good()
    after = filled("mailing", "show", mailing, "--json").good().json
    assert (after["state"], after["counts"]) == ("sent", {"sent": 400})
    assert {"name", "address", "state", "why", "at"} <= after["deliveries"][0].keys()
    status = filled("outbox", "status", "--json").good().json
    assert status == {
        "transport": "maildir",
        "deliveries": {"sent": 402},
        "pauses": [],
        "warnings": [],
    }
    assert "402" in filled("outbox", "status").good().out
    assert len(list((filled.folder / "var" / "mail" / "new").iterdir())) == 402


def test_a_release_is_taken_back_and_a_mailing_ended(filled: Shell, mailing: str) -> None:
    filled("mailing", "approve", mailing).good()
    filled("mailing", "release", mailing).good()
    assert filled("mailing", "hold", mailing, "--json").good().json["state"] == "held"
    filled("run").good()
    done = filled("mailing", "cancel", mailing, "--json").good().json
    assert done == {"key": mailing, "state": "cancelled", "skipped": 0}
    assert filled("mailing", "list", "--state", "cancelled", "--json").json[0]["key"] == mailing
    settled = filled("mailing", "settle", mailing, "--let-go", "--json").good().json
    assert settled == {"key": mailing, "count": 0, "sent_again": False}


def test_a_mailing_in_words(filled: Shell, mailing: str) -> None:
    assert mailing in filled("mailing", "list").good().out
    assert "Wij zijn verhuisd" in filled("mailing", "show", mailing).good().out
    assert "Approved for 400" in filled("mailing", "approve", mailing).good().out
    assert "Goes at" in filled("mailing", "release", mailing).good().out
    assert "Held" in filled("mailing", "hold", mailing).good().out
    assert "Cancelled" in filled("mailing", "cancel", mailing).good().out


@pytest.mark.parametrize(
    "words",
    [
        ("show", "x"), ("approve", "x"), ("release", "x"), ("hold", "x"), ("cancel", "x"),
        ("settle", "x", "--send"), ("preview", "x", "--to", "f"), ("test", "x", "--to", "a@b.example"),
    ],
)  # fmt: skip
def test_a_mailing_that_is_not_there(filled: Shell, words: tuple[str, ...]) -> None:
    done = filled("mailing", *words)
    assert (done.code, done.out) == (1, "")
    assert "there is no mailing 'x'" in done.err


def test_what_cannot_be_done_to_a_mailing(filled: Shell, mailing: str) -> None:
    before = filled.dump()
    assert "not approved" in filled("mailing", "release", mailing).err or filled.dump() == before
    assert filled("mailing", "test", mailing, "--to", "geen adres").code == 2
    assert "is no state" in filled("mailing", "list", "--state", "weg").err
    assert filled.dump() == before


def test_the_preview_of_a_mailing_has_its_own_event_in_the_calendar(filled: Shell) -> None:
    from var_outreach.app import build_app
    from var_outreach.outbox import mailings as outbox
    from var_outreach.outbox.drafts import compose_draft, gather_event_mail
    from var_outreach.planning.due import AudienceKind, AudienceSpec

    app = build_app()
    with app.database.writing() as session:
        content = compose_draft(
            MailKind.INVITATION,
            gather_event_mail(session, MailKind.INVITATION, EVENT, app.material),
        )
        row = outbox.create_mailing(
            session, key=f"invitation:{EVENT}", kind=MailKind.INVITATION, subject_key=EVENT,
            audience=AudienceSpec(AudienceKind.INVITEES, "leerhuis"), scheduled_at=app.clock.now(),
            expires_at=None, reason="test", created_by="test", now=app.clock.now(),
        )  # fmt: skip
        outbox.set_content(session, row, content)
    app.database.close()
    filled("mailing", "preview", f"invitation:{EVENT}", "--to", "look").good()
    entry = (filled.folder / "look" / f"invitation-{EVENT}.nl.ics").read_bytes()
    assert b"DTSTART;VALUE=DATE:20250407" in entry


# ---- what comes back, figures, database


def test_the_mailbox(filled: Shell) -> None:
    filled.write("post/one.eml", "From: a@b.example\nSubject: Hallo\n\nTot maandag.\n")
    before = filled.dump()
    first = filled("mailbox", "read", "--maildir", "post", "--dry-run", "--json").good().json
    assert filled.dump() == before
    again = filled("mailbox", "read", "--maildir", "post", "--json").good().json
    assert first == again
    assert {"file", "kind", "verdict", "recipient"} <= again[0].keys()
    assert filled("mailbox", "read", "--maildir", "post", "--json").good().json == []
    assert "none" in filled("mailbox", "read", "--maildir", "post").good().out


def test_the_figures_of_a_year(filled: Shell) -> None:
    figures = filled("report", "year", "2025", "--json").good().json
    assert figures["year"] == 2025
    assert {"mailings", "events", "deliveries"} <= figures.keys()
    assert EVENT in {event["key"] for event in figures["events"]}
    assert "Events of 2025" in filled("report", "year", "2025").good().out
    assert filled("report", "year", "2031", "--json").good().json["events"] == []


@pytest.mark.parametrize("year", ["0", "10000", "-5", "tweeduizend"])
def test_a_year_that_is_none(filled: Shell, year: str) -> None:
    done = filled("report", "year", year)
    assert (done.code, done.out) == (2, "")


def test_the_database(shell: Shell) -> None:
    shell("database", "upgrade").good()
    done = shell("database", "status", "--json").good().json
    assert done == {"database": "sqlite:///var/outreach.db", "fits": True}
    assert "fits" in shell("database", "status").good().out
    shell("agenda", "import", CALENDAR).good()
    shell("database", "upgrade").good()


def test_a_database_behind_the_program_names_the_command_that_mends_it(shell: Shell) -> None:
    import sqlite3

    shell("database", "upgrade").good()
    with sqlite3.connect(shell.folder / "var" / "outreach.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'x'")
    for words in (("agenda", "list"), ("database", "status"), ("run",)):
        done = shell(*words)
        assert (done.code, done.out) == (2, "")
        assert "newer version" in done.err


@pytest.mark.parametrize(
    "words",
    [("agenda", "list"), ("people", "export", "--to", "x.csv"), ("news", "list"), ("plan", "show"),
     ("mailing", "list"), ("outbox", "status"), ("report", "year", "2025"), ("audience", "list"),
     ("run",)],
)  # fmt: skip
def test_a_fresh_installation_answers_everything(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell(*words).good()
    assert done.err == ""
