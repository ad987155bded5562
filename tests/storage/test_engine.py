"""Sessions that read cannot write, sessions that write take turns, and trouble is explained."""

from __future__ import annotations

import itertools
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from var_outreach.errors import ConfigError, StorageError
from var_outreach.people.model import Topic
from var_outreach.storage.engine import Database, Gate
from var_outreach.storage.installation import Installation

_numbers = itertools.count(1)


def topic(key: str = "") -> Topic:
    number = next(_numbers)
    return Topic(key=key or f"t{number}", name_nl="Thema", name_en="Theme", position=number)


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Topic)) or 0


# ---- reading


@pytest.mark.parametrize("way", ["orm", "core", "ddl", "after a commit"])
def test_reading_cannot_write(database: Database, way: str) -> None:
    with pytest.raises(DBAPIError), database.reading() as session:  # noqa: PT012
        if way == "orm":
            session.add(topic())
            session.flush()
        elif way == "core":
            session.execute(insert(Topic).values(key="x", name_nl="x", name_en="x", position=1))
        elif way == "ddl":
            session.execute(text("CREATE TABLE smuggled (id INTEGER)"))
        else:
            session.commit()
            session.add(topic())
            session.commit()
    assert count(database) == 0


def test_writing_works_after_reading_failed(database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as session:  # noqa: PT012
        session.add(topic())
        session.flush()
    with database.writing() as session:
        session.add(topic())
    assert count(database) == 1


def test_what_was_changed_in_memory_while_reading_is_not_kept(database: Database) -> None:
    with database.writing() as session:
        session.add(topic("veilig"))
    with database.reading() as session:
        session.scalars(select(Topic)).one().name_nl = "Anders"
    with database.reading() as session:
        assert session.scalars(select(Topic)).one().name_nl == "Thema"


# ---- writing


def test_writing_commits(database: Database) -> None:
    with database.writing() as session:
        session.add(topic())
    assert count(database) == 1


def test_writing_rolls_back_on_an_error(database: Database) -> None:
    with pytest.raises(KeyError), database.writing() as session:  # noqa: PT012
        session.add(topic())
        session.flush()
        raise KeyError
    assert count(database) == 0
    with database.writing() as session:
        session.add(topic())
    assert count(database) == 1


def test_error_at_commit_leaves_nothing_and_opens_the_gate(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add_all([topic("dubbel"), topic("dubbel")])
    with database.writing() as session:
        session.add(topic("dubbel"))
    assert count(database) == 1


def test_references_are_checked(database: Database, now: datetime) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(
            text(
                "INSERT INTO subscription (contact_id, list_key, state, token, version,"
                " notified_version, changed_at) VALUES (4711, 'x', 'active', 'x', 0, 0, :now)"
            ),
            {"now": now.replace(tzinfo=None) if database.is_sqlite else now},
        )


def test_trying_keeps_nothing(database: Database) -> None:
    with database.trying() as session:
        session.add(topic())
        session.execute(insert(Topic).values(key="x", name_nl="x", name_en="x", position=1))
        assert session.scalar(select(func.count()).select_from(Topic)) == 2
    assert count(database) == 0


def test_trying_that_fails_keeps_nothing(database: Database) -> None:
    with pytest.raises(KeyError), database.trying() as session:  # noqa: PT012
        session.add(topic())
        session.flush()
        raise KeyError
    assert count(database) == 0
    with database.writing() as session:
        session.add(topic())
    assert count(database) == 1


def test_threads_that_read_then_write_lose_nothing(database: Database, now: datetime) -> None:
    """Deferred transactions would lose a third of these (DESIGN, rule 9)."""
    with database.writing() as session:
        session.add(topic("teller"))

    def add(session: Session) -> None:
        row = session.scalars(select(Topic).where(Topic.key == "teller").with_for_update()).one()
        row.position += 1

    with database.writing() as session:
        session.scalars(select(Topic)).one().position = 0

    def work() -> None:
        for _ in range(10):
            with database.writing() as session:
                add(session)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalars(select(Topic)).one().position == 40


# ---- the gate


def test_gate_lets_through_in_the_order_of_arrival() -> None:
    gate, order = Gate(), []
    threads = []

    def pass_through(number: int) -> None:
        with gate.passing():
            order.append(number)

    with gate.passing():
        for number in range(20):
            thread = threading.Thread(target=pass_through, args=(number,))
            thread.start()
            threads.append(thread)
            _wait_until(lambda expected=number + 1: len(gate._queue) == expected)
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_gate_opens_after_an_error() -> None:
    gate = Gate()
    with pytest.raises(KeyError), gate.passing():
        raise KeyError
    with gate.passing():
        pass


def test_gate_does_not_wait_for_itself() -> None:
    gate = Gate()
    with gate.passing(), pytest.raises(RuntimeError, match="inside another"), gate.passing():
        pass
    with gate.passing():
        pass


def test_who_is_interrupted_while_waiting_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    class Interrupted:
        """A lock at which Ctrl-C comes while somebody waits for it."""

        def __init__(self) -> None:
            self._held = False

        def acquire(self) -> bool:
            if self._held:
                raise KeyboardInterrupt
            self._held = True
            return True

        def release(self) -> None:
            self._held = False

    with gate.passing():
        waiting = threading.Thread(target=_ignore_interrupt, args=(gate, Interrupted, monkeypatch))
        waiting.start()
        waiting.join(5)
        assert not waiting.is_alive()
    monkeypatch.undo()
    passed = threading.Event()

    def after() -> None:
        with gate.passing():
            passed.set()

    threading.Thread(target=after, daemon=True).start()
    assert passed.wait(5)


def _ignore_interrupt(gate: Gate, lock: type[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("var_outreach.storage.engine.threading.Lock", lock)
    with pytest.raises(KeyboardInterrupt), gate.passing():
        pass


# ---- trouble


@pytest.fixture
def sqlite_database(tmp_path: Path, _sqlite_template: Path) -> Iterator[Database]:
    file = tmp_path / "own.sqlite"
    file.write_bytes(_sqlite_template.read_bytes())
    opened = Database(f"sqlite:///{file}")
    yield opened
    opened.close()


def test_locked_database(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("var_outreach.storage.engine.BUSY_SECONDS", 0)
    impatient = Database(str(sqlite_database.url))
    other = sqlite3.connect(str(sqlite_database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked") as raised, impatient.writing() as session:
        session.add(topic())
    other.execute("ROLLBACK")
    other.close()
    assert "other program" in raised.value.remedy
    with impatient.writing() as session:
        session.add(topic())
    impatient.close()


def test_reading_goes_on_while_another_program_writes(sqlite_database: Database) -> None:
    assert count(sqlite_database) == 0  # the first connection turns WAL on
    other = sqlite3.connect(str(sqlite_database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    start = time.monotonic()
    assert count(sqlite_database) == 0
    assert time.monotonic() - start < 5
    other.close()


def test_full_disk(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        pages = session.scalar(text("PRAGMA page_count"))
    with (  # noqa: PT012
        pytest.raises(StorageError, match="no room") as raised,
        sqlite_database.writing() as session,
    ):
        session.execute(text(f"PRAGMA max_page_count = {pages}"))
        session.add_all(topic(f"{number}-{'x' * 4000}") for number in range(50))
    assert "Make room" in raised.value.remedy
    assert raised.value.exit_code == 2
    assert count(sqlite_database) == 0


def test_database_that_can_only_be_read(sqlite_database: Database) -> None:
    with (  # noqa: PT012
        pytest.raises(StorageError, match="only be read") as raised,
        sqlite_database.writing() as session,
    ):
        # What the file system says of a file without rights; root writes those all the same.
        session.execute(text("PRAGMA query_only = ON"))
        session.add(topic())
    assert raised.value.remedy


def test_damaged_file(tmp_path: Path, _sqlite_template: Path) -> None:  # noqa: PT019
    file = tmp_path / "damaged.sqlite"
    whole = _sqlite_template.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StorageError, match="damaged") as raised, database.reading() as session:
        session.scalars(select(Installation)).all()
    database.close()
    assert "backup" in raised.value.remedy


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in de weg")
    with pytest.raises(StorageError, match="cannot be made"):
        Database(f"sqlite:///{tmp_path / 'file' / 'deeper' / 'x.sqlite'}")


def test_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.sqlite").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'folder.sqlite'}")
    with pytest.raises(StorageError, match="cannot be opened"), database.writing():
        pass
    database.close()


def test_server_out_of_reach() -> None:
    database = Database("postgresql://nobody:geheim@127.0.0.1:9/nothing")
    for opened in (database.writing, database.reading):
        with pytest.raises(StorageError, match="cannot be reached") as raised, opened() as session:
            session.execute(text("SELECT 1"))
        assert "geheim" not in str(raised.value)
    database.close()


def test_server_that_breaks_off(postgres_url: str) -> None:
    database = Database(postgres_url)
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with pytest.raises(StorageError, match="broke off"), database.writing() as session:  # noqa: PT012
        own = session.scalar(text("SELECT pg_backend_pid()"))
        with admin.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": own})
        session.execute(text("SELECT 1"))
    with database.writing() as session:
        assert session.scalar(text("SELECT 1")) == 1
    admin.dispose()
    database.close()


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_who_gives_way_to_another_is_told_to_try_again(postgres_url: str, sqlstate: str) -> None:
    database = Database(postgres_url)
    raising = text(f"DO $$ BEGIN RAISE EXCEPTION 'gives way' USING ERRCODE = '{sqlstate}'; END $$")
    with pytest.raises(StorageError, match="same moment") as raised, database.writing() as session:
        session.execute(raising)
    assert "ry again" in raised.value.remedy
    assert isinstance(raised.value.__cause__, DBAPIError)
    database.close()


def test_fault_of_ours_keeps_its_name(database: Database) -> None:
    for opened in (database.writing, database.reading):
        with pytest.raises(DBAPIError), opened() as session:
            session.execute(text("SELECT full_name, locked_by FROM delivery"))


@pytest.mark.parametrize(
    "url", ["", "mysql://x/y", "no url", "sqlite://", "sqlite:///:memory:", "postgres:geheim@x"]
)
def test_url_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Database(url)
    assert raised.value.where == "database_url"
    assert "geheim" not in str(raised.value)


def _wait_until(condition: object, seconds: float = 5) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.001)
