"""Files, settings and places that cannot be used: one message, exit code 2, nothing changed."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.cli.running import CALENDAR, EVENT, NEWS, PEOPLE, ROOT, Ended, Shell

BINARY = bytes(range(256)) * 20
BAD: dict[str, bytes | None] = {
    "missing": None,
    "a folder": None,
    "empty": b"",
    "blank": b"\n  \n\n",
    "binary": BINARY,
    "utf-16": b"\xff\xfe" + "é".encode("utf-16-le") * 50,
    "a zip file": b"PK\x03\x04" + BINARY,
}


def spoil(path: Path, how: str) -> None:
    """Make ``path`` what no command can use."""
    path.unlink(missing_ok=True)
    if how == "a folder":
        path.mkdir()
    content = BAD[how]
    if content is not None:
        path.write_bytes(content)


def refused(shell: Shell, done: Ended, *said: str) -> None:
    """Check that there is one message, of ours, that says where."""
    assert done.code == 2, (done.code, done.out, done.err)
    assert done.err.startswith("var-outreach: "), done.err
    assert done.err.count("var-outreach: ") == 1
    assert "Traceback" not in done.err
    assert "Error(" not in done.err
    for words in said:
        assert words in done.err


# ---- what is brought in

IMPORTS: dict[str, tuple[tuple[str, ...], str, Path]] = {
    "yaml": (("agenda", "import"), "p.yaml", CALENDAR),
    "plan text": (("agenda", "import"), "p.txt", ROOT / "tests/agenda/plans/jaarplan-2026.txt"),
    "people": (("people", "import", "--source", "x"), "p.csv", PEOPLE),
    "mail": (
        ("mailing", "new", "--to", "nieuwsbrief", "--subject", "Hallo"),
        "p.md",
        ROOT / "README.md",
    ),
}


@pytest.mark.parametrize("how", sorted(BAD))
@pytest.mark.parametrize("what", sorted(IMPORTS))
def test_a_file_that_cannot_be_used(filled: Shell, what: str, how: str) -> None:
    words, name, good = IMPORTS[what]
    path = filled.write(name, good.read_bytes())
    spoil(path, how)
    before = filled.dump()
    refused(filled, filled(*words[:2], path, *words[2:]), name)
    assert filled.dump() == before


@pytest.mark.parametrize("suffix", [".yaml", ".ics", ".txt"])
@pytest.mark.parametrize("how", sorted(BAD))
def test_a_plan_that_cannot_be_read_needs_no_database_to_say_so(
    shell: Shell, suffix: str, how: str
) -> None:
    path = shell.folder / f"p{suffix}"
    spoil(path, how)
    refused(shell, shell("agenda", "import", path, "--dry-run", "--json"), f"p{suffix}")
    assert not (shell.folder / "var").exists()


YAML_EVENT = "year: 2025\nevents:\n  - id: a\n    kind: leerhuis\n    title: L\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (YAML_EVENT + "    date: 2025-02-30\n", 6, "does not exist"),
        (YAML_EVENT + "    date: 2025-04-07\n    plaats: x\n", 7, "unknown field 'plaats'"),
        (YAML_EVENT + "    date: 2025-04-07\n    invite: leerhuizen\n", 3, "no audience"),
        (YAML_EVENT + "    date: 2025-04-07\n    topic: jeugd\n", 3, "no theme 'jeugd'"),
        (YAML_EVENT + "    date: [2025-04-07\n", 7, "not YAML"),
        (YAML_EVENT + "    date: 2025-04-07\n    title: twee\n", 7, "twice"),
        (YAML_EVENT.replace("leerhuis", "leerhuiz"), 4, "Did you mean 'leerhuis'"),
        ("year: 2025\nevents:\n", None, "no events"),
        ("year: 2025\n", 1, "no 'events' list"),
        ("- a\n- b\n", 1, "name: value"),
        ("a: &a [*a, *a]\n", 1, "unknown field"),
    ],
)
def test_a_yaml_plan_that_is_wrong_in_one_place(
    filled: Shell, text: str, line: int | None, said: str
) -> None:
    before = filled.dump()
    done = filled("agenda", "import", filled.write("p.yaml", text))
    refused(filled, done, said, f"p.yaml:{line}" if line else "p.yaml")
    assert filled.dump() == before


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("what", ["calendar", "csv"])
def test_a_file_that_was_cut_off(filled: Shell, what: str, share: float) -> None:
    if what == "calendar":
        rows = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//"]
        for n in range(4):
            rows += ["BEGIN:VEVENT", f"UID:{n}@x", "SUMMARY:Leerhuis", "DTSTART:20250407T073000Z",
                     "END:VEVENT"]  # fmt: skip
        data = "\r\n".join([*rows, "END:VCALENDAR", ""]).encode()
        name, words = "p.ics", ("agenda", "import")
    else:
        head, row = "naam,adres,bron,rol,organisatie", "Test,test@gemeente.example,x,,Gemeente X"
        data = f"{head}\n{row}\n".encode()
        share = (len(head) + 1 + share * (len(row) - 15)) / len(data)
        name, words = "p.csv", ("people", "import")
    path = filled.write(name, data[: int(len(data) * share)])
    before = filled.dump()
    refused(filled, filled(*words, path), name)
    assert filled.dump() == before


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Test,geen adres,x", "row 3, column B (adres)"),
        ("Test,test@gemeente.example;NOTIFY=NEVER,x", "row 3, column B (adres)"),
        ("Te\x01st,test@gemeente.example,x", "row 3"),
        ("Test,test@gemeente.example", "row 3"),
        ("Test,test@gemeente.example,x,y", "row 3"),
    ],
)
def test_one_wrong_cell_stops_all_of_it(filled: Shell, row: str, said: str) -> None:
    text = f"naam,adres,bron\nGoed,goed@gemeente.example,x\n{row}\n"
    before = filled.dump()
    refused(filled, filled("people", "import", filled.write("p.csv", text)), "p.csv", said)
    assert filled.dump() == before


def test_every_wrong_cell_is_named_at_once(filled: Shell) -> None:
    text = "naam,adres,bron\nA,fout,x\nB,ook fout,x\n"
    done = filled("people", "import", filled.write("p.csv", text))
    refused(filled, done, "row 2", "row 3")


def test_rows_that_contradict_each_other_name_the_file(filled: Shell) -> None:
    text = "naam,adres,bron,thema\nA,a@gemeente.example,x,bestaat niet\n"
    before = filled.dump()
    done = filled("people", "import", filled.write("p.csv", text))
    refused(filled, done, "p.csv", "row 2")
    assert filled.dump() == before


NEWS_ITEM = "---\ntitle: Kop\ndate: 2025-03-01\n---\n\nTekst.\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "b.md"),
        (BINARY, "b.md"),
        (b"---\ntitle: Kop\n", "b.md:1"),
        (b"Zonder velden.\n", "b.md:1"),
        (b"---\ntitle: [a\n---\nTekst\n", "b.md:"),
        (NEWS_ITEM.replace("2025-03-01", "2025-02-30").encode(), "b.md:3"),
        (NEWS_ITEM.replace("date:", "datun:").encode(), "b.md:3"),
        (b"---\ntitle: Kop\nimage: weg.png\nalt: x\n---\nTekst\n", "b.md:3"),
        (b"---\ntitle: Kop\nimage: ../../../etc/passwd\nalt: x\n---\nTekst\n", "b.md:3"),
        (b"---\ntitle: Kop\nimage: nep.png\nalt: x\n---\nTekst\n", "nep.png"),
        (b"---\ntitle: Kop\nlink: javascript:alert(1)\n---\nTekst\n", "b.md:3"),
    ],
)
def test_one_bad_file_of_news_stops_the_folder(filled: Shell, content: bytes, said: str) -> None:
    filled.write("nieuws/a.md", NEWS_ITEM)
    filled.write("nieuws/nep.png", BINARY)
    filled.write("nieuws/b.md", content)
    before = filled.dump()
    refused(filled, filled("news", "import", "nieuws"), said)
    assert filled.dump() == before


@pytest.mark.parametrize("how", ["missing", "a file"])
def test_a_news_folder_that_is_none(filled: Shell, how: str) -> None:
    if how == "a file":
        filled.write("nieuws", "tekst")
    refused(filled, filled("news", "import", "nieuws"), "nieuws", "no such folder")


def test_a_folder_of_mail_that_is_none(filled: Shell) -> None:
    before = filled.dump()
    refused(filled, filled("mailbox", "read", "--maildir", "weg"), "weg")
    refused(
        filled, filled("mailbox", "read", "--maildir", filled.write("f", "x")), "no such folder"
    )
    assert filled.dump() == before


@pytest.mark.parametrize(
    ("text", "subject", "audience", "said"),
    [
        ("Beste {{naem}},", "Hallo", "nieuwsbrief", "p.md"),
        ("Tekst", "", "nieuwsbrief", "no subject"),
        ("Tekst", "Hallo\nBcc: x@y.example", "nieuwsbrief", "line break"),
    ],
)
def test_a_mail_of_ones_own_that_is_wrong(
    filled: Shell, text: str, subject: str, audience: str, said: str
) -> None:
    path = filled.write("p.md", text)
    before = filled.dump()
    done = filled("mailing", "new", path, "--to", audience, "--subject", subject)
    refused(filled, done, said)
    assert filled.dump() == before


# ---- configuration

CONFIG = ("outreach.toml", "rules.yaml", "kinds.yaml", "audiences.yaml", "partners.yaml")


@pytest.fixture
def configured(filled: Shell) -> Shell:
    """A filled folder with a configuration of its own."""
    shutil.copytree(ROOT / "config", filled.folder / "config")
    return filled


def test_a_configuration_of_ones_own_is_used(configured: Shell) -> None:
    path = configured.folder / "config" / "kinds.yaml"
    path.write_text(path.read_text().replace("key: webinar", "key: webcollege"))
    done = configured("agenda", "import", configured.write("p.yaml", YAML_EVENT.replace(
        "leerhuis", "webcollege") + "    date: 2025-04-07\n"), "--dry-run", "--json").good()  # fmt: skip
    assert done.json[0]["kind"] == "webcollege"
    configured("run").good()


@pytest.mark.parametrize("words", [("agenda", "list"), ("plan", "show"), ("people", "export")])
def test_whichever_command_meets_it_first_says_it(
    configured: Shell, words: tuple[str, ...]
) -> None:
    (configured.folder / "config" / "partners.yaml").unlink()
    more = ("--to", "x.csv") if words[0] == "people" else ()
    refused(configured, configured(*words, *more), "partners.yaml")


@pytest.mark.parametrize("how", sorted(BAD))
@pytest.mark.parametrize("name", CONFIG)
def test_a_configuration_file_that_cannot_be_used(configured: Shell, name: str, how: str) -> None:
    if how == "missing" and name in {"outreach.toml", "rules.yaml"}:
        pytest.skip("then the shipped configuration counts")
    spoil(configured.folder / "config" / name, how)
    before = configured.dump()
    refused(configured, configured("run"), name)
    assert configured.dump() == before


@pytest.mark.parametrize(
    ("name", "good", "bad", "said"),
    [
        ("outreach.toml", 'timezone = "Europe/Amsterdam"', 'timezone = "Europe/Amsterdm"', "timezone"),
        ("outreach.toml", "four_eyes = false", "vier_ogen = false", "not a known setting"),
        ("outreach.toml", "recall_minutes = 10", "recall_minutes = tien", "TOML"),
        ("outreach.toml", "recall_minutes = 10", "recall_minutes = -1", "recall_minutes"),
        ("outreach.toml", 'security = "starttls"', 'security = "ssl"', "security"),
        ("outreach.toml", 'base_url = "http://127', 'base_url = "ftp://127', "base_url"),
        ("rules.yaml", "days_before: 42", "days_before: zes", "whole number"),
        ("rules.yaml", "audience: conferentie", "audience: conferenties", "conferentie"),
        ("rules.yaml", "release: staff", "release: iedereen", "iedereen"),
        ("rules.yaml", '"FREQ=MONTHLY;BYDAY=1TU"', '"FREQ=MONTHLY;BYDAY=1DI"', "recurrence"),
        ("rules.yaml", 'at: "9.00"', 'at: "9.99"', "9.99"),
        ("rules.yaml", "draft_days: 5", "draft_dagen: 5", "Did you mean 'draft_days'"),
        ("kinds.yaml", "visibility: openbaar", "visibility: open", "open"),
        ("kinds.yaml", "- key: webinar", "- key: leerhuis", "leerhuis"),
        ("audiences.yaml", "roles: [burgemeester]", "rol: [burgemeester]", "unknown field"),
        ("audiences.yaml", "- topics: [mensenhandel]", "- topics: []", "empty"),
        ("partners.yaml", "key: riec", "sleutel: riec", "unknown field"),
        ("partners.yaml", "key: riec", "key: RIEC Rotterdam", "is no key"),
        ("partners.yaml", "key: riec", "key: om", "twice"),
        ("partners.yaml", "key: riec", "key: riec\n    logo: weg.png", "weg.png"),
        ("partners.yaml", "partners:", "partner:", "unknown field"),
    ],
)  # fmt: skip
def test_a_configuration_that_is_wrong_in_one_place(
    configured: Shell, name: str, good: str, bad: str, said: str
) -> None:
    path = configured.folder / "config" / name
    text = path.read_text()
    assert good in text
    path.write_text(text.replace(good, bad, 1))
    before = configured.dump()
    done = configured("plan", "show", "--json")
    refused(configured, done, said)
    line = text[: text.index(good)].count("\n") + 1
    found = re.search(rf"{name}:(\d+)", done.err)
    assert found, done.err
    assert abs(int(found[1]) - line) <= (30 if said == "twice" else 1), done.err
    assert configured.dump() == before


def test_a_settings_file_that_is_named_and_not_there(shell: Shell) -> None:
    refused(shell, shell("--config", "weg.toml", "agenda", "list"), "weg.toml")
    shell.monkeypatch.setenv("VAR_OUTREACH_CONFIG", "ook-weg.toml")
    refused(shell, shell("agenda", "list"), "ook-weg.toml")
    assert not (shell.folder / "var").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIMEZONE", "Mars/Olympus"),
        ("TIMEZONE", ""),
        ("TIMEZONE", "../../etc/passwd"),
        ("NETWORK", "geen json"),
        ("SMTP__PORT", "99999"),
        ("TRANSPORT__KIND", "duif"),
        ("SECRET_KEY", "kort"),
        ("SECRET_KEY_FILE", "weg.key"),
        ("BASE_URL", "http://"),
        ("BASE_URL", "http://[::1"),
    ],
)
def test_an_environment_that_is_wrong(shell: Shell, name: str, value: str) -> None:
    shell.monkeypatch.setenv(f"VAR_OUTREACH_{name}", value)
    refused(shell, shell("agenda", "list"))


# ---- places


@pytest.mark.parametrize(
    "url",
    [
        "onzin",
        "mysql://iemand@localhost/x",
        "postgresql://host:geenpoort/naam",
        "postgresql+duif://host/naam",
        "sqlite+duif:///x.db",
        "http://example.nl",
        "sqlite:///bestaat/niet/\0.db",
        "postgresql://nobody:geheim@127.0.0.1:1/niets",
        "://",
    ],
)
@pytest.mark.parametrize("words", [("agenda", "list"), ("database", "upgrade")])
def test_a_database_that_is_nonsense(shell: Shell, url: str, words: tuple[str, ...]) -> None:
    shell.write("outreach.toml", f"database_url = {_toml(url)}\n")
    done = shell("--config", "outreach.toml", *words)
    refused(shell, done, "database")
    assert "geheim" not in done.err


def _toml(text: str) -> str:
    return '"' + text.replace("\0", "\\u0000") + '"'


@pytest.mark.parametrize("content", [b"dit is geen database, maar een brief\n" * 50, BINARY])
@pytest.mark.parametrize("words", [("agenda", "list"), ("database", "status"), ("run",)])
def test_a_database_file_that_is_none(shell: Shell, content: bytes, words: tuple[str, ...]) -> None:
    path = shell.write("var/outreach.db", content)
    refused(shell, shell(*words), "not a database")
    assert path.read_bytes() == content


def test_a_database_that_was_damaged(filled: Shell) -> None:
    path = filled.folder / "var" / "outreach.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    page = 4096
    path.write_bytes(path.read_bytes()[:page] + b"\xff" * (path.stat().st_size - page))
    refused(filled, filled("agenda", "list"), "database")


def test_a_database_of_another_program(shell: Shell) -> None:
    path = shell.write("var/x", b"").with_name("outreach.db")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE foto (id INTEGER)")
    refused(shell, shell("agenda", "list"))


def test_a_database_that_is_a_folder(shell: Shell) -> None:
    (shell.folder / "var" / "outreach.db").mkdir(parents=True)
    refused(shell, shell("agenda", "list"), "database")


@pytest.mark.parametrize("place", ["var", "var/deeper"])
def test_a_data_folder_that_is_a_file(shell: Shell, place: str) -> None:
    shell.write("var", "een bestand")
    shell.monkeypatch.setenv("VAR_OUTREACH_DATA_DIR", place)
    refused(shell, shell("agenda", "list"), "var")


@pytest.mark.parametrize("words", [("agenda", "list"), ("database", "upgrade"), ("run",)])
def test_a_data_folder_that_may_not_be_written(shell: Shell, words: tuple[str, ...]) -> None:
    # /proc takes no folders, from the administrator either.
    shell.monkeypatch.setenv("VAR_OUTREACH_DATA_DIR", "/proc/niets")
    refused(shell, shell(*words), "/proc/niets")


@pytest.mark.parametrize(
    "words",
    [
        ("people", "export", "--to", "{}"),
        ("compose", "preview", "invitation", "--to", "{}/x"),
        ("demo", "--no-serve", "--dir", "{}"),
        ("rehearse", "2025", "--no-serve", "--dir", "{}"),
    ],
)
def test_a_place_to_write_that_is_none(filled: Shell, words: tuple[str, ...]) -> None:
    place = filled.write("f", "een bestand")
    if words[0] == "people":
        place.unlink()
        place.mkdir()
    refused(filled, filled(*(word.format(place) for word in words)), str(place))


def test_a_file_that_may_not_be_read(filled: Shell) -> None:
    # Reading its own memory from the start fails, whoever asks.
    for words in (
        ("agenda", "import", "/proc/self/mem"),
        ("people", "import", "/proc/self/mem", "--source", "x"),
        ("mailing", "new", "/proc/self/mem", "--to", "nieuwsbrief", "--subject", "x"),
    ):
        refused(filled, filled(*words), "/proc/self/mem")


def test_an_error_of_our_own_making_still_shows_itself(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("var_outreach.cli.database.upgrade_schema", broken)
    with pytest.raises(ZeroDivisionError):
        shell("database", "upgrade")


def test_what_is_good_is_not_refused(filled: Shell) -> None:
    """The other side: with nothing wrong, the same commands work."""
    filled("agenda", "import", CALENDAR).good()
    filled("people", "import", PEOPLE, "--source", "x").good()
    filled("news", "import", NEWS).good()
    filled("agenda", "show", EVENT).good()
