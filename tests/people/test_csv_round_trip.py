"""Whatever people there are: what is exported and imported again gives the same people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete
from sqlalchemy.orm import Session

from var_outreach.errors import InputError
from var_outreach.message import checked_name
from var_outreach.people.csv_files import (
    PersonRow,
    export_people,
    import_people,
    read_people,
    write_people,
)
from var_outreach.people.csv_import import ImportReport
from var_outreach.people.csv_rows import read_row
from var_outreach.people.topics import SHIPPED, seed_topics
from var_outreach.slugs import slug
from var_outreach.storage.base import Base
from var_outreach.tokens import Signer

NOW = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)


def _fit(text: str) -> str:
    try:
        return checked_name(text)[:200].strip() or "x"
    except InputError:
        return "y"


words = st.text(st.sampled_from("aBé '=+-@;\",|é0\u00a0ß"), min_size=1, max_size=8).map(_fit)
anything = st.one_of(words, st.text(min_size=1, max_size=12).map(_fit))
locals_ = st.sampled_from(["a", "A", "b", "+c", "-d", "=e", "'f", "g.h"])
addresses = st.builds(lambda local, n: f"{local}@d{n}.example", locals_, st.integers(1, 2))
days = st.dates(date(2019, 1, 1), date(2026, 1, 1))
rows = st.builds(
    PersonRow,
    row=st.just(2),
    organisation=st.one_of(
        st.sampled_from(["", "Dordrecht", "Gemeente Dordrecht", "RIEC"]), anything
    ),
    kind=st.sampled_from(["", "gemeente", "overig", "riec"]),
    role=st.sampled_from(["", "burgemeester", "adviseur"]),
    portfolio=st.one_of(st.just(""), words),
    name=st.one_of(st.just(""), anything),
    address=st.one_of(st.just(""), addresses),
    secretariat_name=st.one_of(st.just(""), words),
    secretariat_address=st.one_of(st.just(""), addresses),
    language=st.sampled_from(["", "nl", "en"]),
    topics=st.lists(st.sampled_from([key for key, _, _ in SHIPPED]), unique=True, max_size=3).map(
        lambda keys: tuple(sorted(keys))
    ),
    from_on=st.one_of(st.none(), days),
    until_on=st.one_of(st.none(), days),
    source=st.one_of(st.just(""), words),
    legal_basis=st.sampled_from(["", "consent", "public_task"]),
    newsletter=st.sampled_from([None, True, False]),
    consent_at=st.one_of(
        st.none(), st.datetimes(datetime(2015, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC))
    ),
)


def repaired(row: PersonRow) -> PersonRow:
    """Return ``row`` without what contradicts itself."""
    organisation = row.organisation if slug(row.organisation) else ""
    role = row.role if organisation else ""
    newsletter = row.newsletter if row.address else None
    first, last = row.from_on, row.until_on
    return replace(
        row,
        organisation=organisation,
        kind=row.kind if organisation else "",
        role=role,
        address=row.address or ("" if role else "q@d1.example"),
        portfolio=row.portfolio if role else "",
        secretariat_name=row.secretariat_name if role and row.secretariat_address else "",
        secretariat_address=row.secretariat_address if role else "",
        from_on=first if role else None,
        until_on=(last if not first or not last or first <= last else None) if role else None,
        topics=row.topics if row.name or row.address else (),
        newsletter=newsletter if row.consent_at or not newsletter else False,
        consent_at=row.consent_at if newsletter else None,
    )


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(b"a key for tests, 32 octets long!")


class Scratch:
    """Two databases in memory that are emptied for every example."""

    def __init__(self) -> None:
        self.engines = [create_engine("sqlite://") for _ in range(2)]
        for engine in self.engines:
            Base.metadata.create_all(engine)

    def opened(self) -> list[Session]:
        sessions = [Session(engine) for engine in self.engines]
        for session in sessions:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(delete(table))
            seed_topics(session)
        return sessions


@pytest.fixture(scope="module")
def scratch() -> Scratch:
    return Scratch()


@given(row=rows)
@settings(max_examples=300, deadline=None)
def test_a_row_survives_being_written_and_read(row: PersonRow) -> None:
    assume(row != PersonRow(row=2))
    text = write_people([row])
    try:
        read = read_people(text.encode("utf-8-sig"))
    except InputError:
        return
    assert read[0] == row


@given(people=st.lists(rows.map(repaired), min_size=1, max_size=5))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_export_into_an_empty_database_exports_the_same(
    people: list[PersonRow], scratch: Scratch, signer: Signer
) -> None:
    def bring(session: Session, some: tuple[PersonRow, ...]) -> ImportReport:
        return import_people(session, some, now=NOW, source="lijst", signer=signer)

    first, second = scratch.opened()
    with first, second:
        for row in people:
            # One by one, so that a contradiction between rows becomes a change in time.
            text = write_people([row])
            try:
                bring(first, read_people(text.encode()))
            except InputError:
                continue
        exported = export_people(first)
        event(f"rows: {exported.count(chr(10)) - 1}")
        if exported.count("\n") == 1:
            return
        read = read_people(exported.encode("utf-8-sig"))
        again = bring(first, read)
        assert (again.new, again.changed) == (0, 0)
        assert export_people(first) == exported
        bring(second, read)
        assert export_people(second) == exported


@given(cells=st.dictionaries(st.sampled_from(["organisation", "name", "address", "from_on",
       "topics", "consent_at", "newsletter", "role"]), st.text(max_size=30)))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_no_cell_is_answered_by_a_traceback(cells: dict[str, str]) -> None:
    row, errors = read_row(2, cells)
    assert errors or row.address or row.role
    assert not row.organisation or slug(row.organisation)


@given(data=st.binary(max_size=200), head=st.sampled_from([b"", b"naam;adres\n"]))
@settings(max_examples=300, deadline=None)
def test_no_file_is_answered_by_a_traceback(data: bytes, head: bytes) -> None:
    try:
        read = read_people(head + data)
    except InputError as error:
        wrong = error
    else:
        assert read
        return
    assert wrong.remedy
