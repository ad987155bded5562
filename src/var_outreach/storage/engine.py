"""Opens the database and hands out reading and writing sessions.

*Reads*: the database URL. *Writes*: transactions. *Next*: every ``store.py`` works on the session
it is given; ``pipeline`` and the edges decide where a transaction begins and ends.

SQLite runs in WAL with synchronous FULL. One writer at a time passes a first-in-first-out gate
and then begins IMMEDIATE, so that a page's POST is not starved by a sender at full speed.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from var_outreach.errors import ConfigError, StorageError
from var_outreach.storage.trouble import explain

BUSY_SECONDS = 30


class Gate:
    """A lock that is granted in the order in which it was asked for."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._queue: deque[threading.Lock] = deque()
        self._held = False
        self._holder: int | None = None

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Wait for one's turn, hold the gate inside the block, then call the next.

        Raises RuntimeError instead of waiting for itself.
        """
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction that writes was opened inside another")
        self._wait_for_turn()
        self._holder = threading.get_ident()
        try:
            yield
        finally:
            self._holder = None
            self._call_next()

    def _wait_for_turn(self) -> None:
        # A lock, held until the turn comes: half the price of an Event.
        turn = threading.Lock()
        with self._mutex:
            if not self._held:
                self._held = True
                return
            turn.acquire()
            self._queue.append(turn)
        try:
            turn.acquire()
        except BaseException:
            # Ctrl-C: a place in the queue that nobody stands in would stop all behind it.
            with self._mutex:
                is_waiting = turn in self._queue
                if is_waiting:
                    self._queue.remove(turn)
            if not is_waiting:
                self._call_next()
            raise

    def _call_next(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._held = False


class Database:
    """One SQLite file or one PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self.url = _checked_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._gate = Gate()
        if self.is_sqlite:
            self.engine = _sqlite_engine(self.url, read_only=False)
            self._reader = _sqlite_engine(self.url, read_only=True)
        else:
            self.engine = create_engine(self.url, pool_pre_ping=True, pool_size=20, max_overflow=20)
            self._reader = self.engine.execution_options(postgresql_readonly=True)
        self._read_session = sessionmaker(self._reader, expire_on_commit=False)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that commits at the end of the block and rolls back on an error.

        No network call and no rendering may stand inside the block. Raises StorageError if the
        database is locked, full, read-only, damaged or out of reach.
        """
        with (
            self.transaction() as connection,
            Session(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def transaction(self, connection: Connection | None = None) -> Iterator[Connection]:
        """Do what ``writing`` does, without the bookkeeping of a session: for the hot path.

        Whoever writes all the time keeps a ``connection`` of the engine and hands it in.
        """
        with (
            self.explaining(writing=True),
            self._gate.passing() if self.is_sqlite else nullcontext(),
        ):
            if connection is not None:
                with connection.begin():
                    yield connection
                return
            with self.engine.begin() as taken:
                yield taken

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a read-only session; a write inside the block fails in the database itself.

        Raises StorageError if the database is damaged or out of reach.
        """
        with self.explaining(writing=False), self._read_session() as session:
            yield session
            session.rollback()

    @contextmanager
    def trying(self) -> Iterator[Session]:
        """Open a writing session of which nothing is kept: for counting what an act would do."""
        with self.writing() as session:
            savepoint = session.begin_nested()
            yield session
            session.flush()
            savepoint.rollback()

    @contextmanager
    def explaining(self, *, writing: bool) -> Iterator[None]:
        """Raise StorageError for what a person can mend when the database cannot do its work."""
        try:
            yield
        except DBAPIError as error:
            explained = explain(error, self.url, writing=writing)
            if explained is None:
                raise
            raise explained from error

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()
        self._reader.dispose()


def _checked_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            f"'{url.split('@')[-1]}' is not a database URL",
            where="database_url",
            remedy="Use sqlite:///FILE or postgresql://USER@HOST/NAME",
        ) from error
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ConfigError(
            f"the database '{parsed.get_backend_name()}' is not supported",
            where="database_url",
            remedy="Use sqlite:///FILE or postgresql://USER@HOST/NAME",
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        # Each connection would have a database of its own.
        raise ConfigError(
            "a database in memory is not supported",
            where="database_url",
            remedy="Name a file: sqlite:///FILE",
        )
    return parsed


def _sqlite_engine(url: URL, *, read_only: bool) -> Engine:
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the folder of the database cannot be made ({error.strerror})",
            where=str(folder),
            remedy="Make it, or name another in database_url",
        ) from error
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        pool_size=20,
        max_overflow=40,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        # sqlite3 would open transactions by itself, as deferred ones; we begin them.
        connection.isolation_level = None
        _use_wal(connection)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
            *(("query_only=ON",) if read_only else ()),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite does not wait by itself when another does so at the same moment."""
    for _ in range(BUSY_SECONDS * 20):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.05)
    connection.execute("PRAGMA journal_mode=WAL")
