"""The sample people: invented, importable, and as many as the demo needs."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from var_outreach.people import store
from var_outreach.people.csv_files import import_people, read_people
from var_outreach.people.csv_rows import PersonRow
from var_outreach.people.model import Organisation
from var_outreach.people.samples import MUNICIPALITIES, sample_people, write_samples
from var_outreach.people.topics import seed_topics
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

SHIPPED = Path(__file__).parents[2] / "samples" / "people.csv"


@pytest.fixture(scope="module")
def rows() -> tuple[PersonRow, ...]:
    return sample_people()


def test_the_same_seed_gives_the_same_people(rows: tuple[PersonRow, ...]) -> None:
    assert sample_people() == rows
    assert sample_people(seed=1) != rows
    assert sample_people(full=True)[: len(rows)] == rows


def test_there_are_as_many_as_promised(rows: tuple[PersonRow, ...]) -> None:
    offices = [row for row in rows if row.role]
    assert 380 <= len(offices) <= 420
    assert Counter(row.newsletter for row in rows)[True] == 400
    assert Counter(row.newsletter for row in sample_people(full=True))[True] == 2000
    assert sum(row.newsletter is True for row in offices) > 50
    assert sum(row.language == "en" for row in rows) > 10


def test_the_organisations_are_the_networks_own(rows: tuple[PersonRow, ...]) -> None:
    named = {row.organisation for row in rows if row.role}
    assert {f"Gemeente {place}" for place in MUNICIPALITIES} < named
    assert len(MUNICIPALITIES) == 23
    assert len(named) == 28


def test_every_address_is_at_an_example_domain(rows: tuple[PersonRow, ...]) -> None:
    addresses = [a for row in rows for a in (row.address, row.secretariat_address) if a]
    assert all(re.fullmatch(r"[a-z0-9.]+@[a-z0-9-]+\.example", address) for address in addresses)
    personal = [row.address for row in rows if row.address]
    assert len(set(personal)) == len(personal)


def test_several_municipalities_have_three_offices_at_one_mailbox(
    rows: tuple[PersonRow, ...],
) -> None:
    shared = Counter(row.secretariat_address for row in rows if row.role == "wethouder")
    assert sum(count >= 3 for mailbox, count in shared.items() if mailbox) >= 5


def test_the_shipped_file_is_what_is_written(rows: tuple[PersonRow, ...], tmp_path: Path) -> None:
    file = write_samples(tmp_path / "samples")
    assert file.read_bytes() == SHIPPED.read_bytes()
    assert read_people(SHIPPED) == rows


def test_the_samples_import_and_import_again(
    rows: tuple[PersonRow, ...], database: Database, now: datetime, signer: Signer
) -> None:
    with database.writing() as session:
        seed_topics(session)
        for expected in (len(rows), 0):
            report = import_people(session, rows, now=now, source="samples", signer=signer)
            assert (report.new, report.changed) == (expected, 0)
        dordrecht = session.query(Organisation).filter_by(key="gemeente-dordrecht").one()
        assert dordrecht.domain == "dordrecht.example"
        spring = {f.id for f in store.functions_on(session, date(2025, 6, 30))}
        summer = {f.id for f in store.functions_on(session, date(2025, 7, 1))}
        assert len(spring - summer) == len(summer - spring) == 2
