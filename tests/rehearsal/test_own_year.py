"""Staff rehearse a year of their own: with their agenda, people and refusals, and no harm done."""

from __future__ import annotations

import json
from datetime import UTC, date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from var_outreach.app import App, build_app
from var_outreach.cli.serving import MARK, _scratch
from var_outreach.errors import InputError
from var_outreach.people.csv_files import read_people
from var_outreach.people.csv_import import import_people
from var_outreach.people.model import SuppressionReason
from var_outreach.people.suppression import suppress
from var_outreach.rehearsal.fill import fill_with_own
from var_outreach.rehearsal.summary import write_summary
from var_outreach.rehearsal.year import Rehearsal, first_moment, rehearse_year
from var_outreach.settings import Settings, load_settings
from var_outreach.staff import agenda as staff_agenda

PEOPLE = """organisatie;soort;functie;naam;adres;secretariaat adres
Gemeente Schiedam;gemeente;burgemeester;Noor Bakker;;secretariaat@schiedam.example
Gemeente Schiedam;gemeente;adviseur;Sam Visser;s.visser@schiedam.example;
Gemeente Dordrecht;gemeente;adviseur;Ilse Mulder;i.mulder@dordrecht.example;
"""
AGENDA = """year: 2027
events:
  - {id: leerhuis-1, kind: leerhuis, title: Leerhuis, date: 2027-05-10, from: "14.00", to: "16.30"}
"""


@pytest.fixture
def own(tmp_path: Path) -> App:
    settings = load_settings(data_dir=tmp_path / "var")
    app = build_app(settings)
    (tmp_path / "agenda.yaml").write_text(AGENDA, "utf-8")
    rows = read_people(PEOPLE.encode(), name="people.csv")
    with app.database.writing() as session:
        import_people(session, rows, now=app.clock.now(), source="lijst", signer=app.signer)
        suppress(
            session,
            "i.mulder@dordrecht.example",
            SuppressionReason.REQUEST,
            evidence=None,
            now=app.clock.now(),
            signer=app.signer,
        )
    staff_agenda.import_agenda_file(app, tmp_path / "agenda.yaml", by="test")
    return app


def test_a_year_of_ones_own_is_rehearsed_and_nothing_of_it_is_touched(
    own: App, tmp_path: Path
) -> None:
    before = (tmp_path / "var" / "outreach.db").read_bytes()
    folder = tmp_path / "rehearsal"
    app = rehearse_year(
        Rehearsal(2027, folder),
        own.settings,
        lambda scratch: fill_with_own(own, scratch, 2027),
        lambda day, words: None,
        own_key=own.settings.signing_key().decode(),
    )
    write_summary(app, 2027, folder)
    app.database.close()
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    sent = {one["kind"]: one["to"] for one in summary["mailings"]}
    assert sent["save-the-date"] == sent["invitation"] == 2
    mails = [path.read_bytes() for path in (folder / "mail" / "new").iterdir()]
    assert any(b"secretariaat@schiedam.example" in mail for mail in mails)
    # Who may not be mailed is not mailed in a rehearsal either.
    assert not any(b"i.mulder@dordrecht.example" in mail for mail in mails)
    assert (tmp_path / "var" / "outreach.db").read_bytes() == before


def _settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "var")


@pytest.mark.parametrize("name", ["var", "var/state", "."])
def test_an_installation_is_never_emptied(tmp_path: Path, name: str) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "outreach.db").write_bytes(b"years of work")
    with pytest.raises(InputError, match="belongs to the installation"):
        _scratch(tmp_path / name, _settings(tmp_path))
    assert (tmp_path / "var" / "outreach.db").read_bytes() == b"years of work"


@pytest.mark.parametrize("name", ["outreach.db", "summary.json", "mail"])
def test_a_folder_that_no_rehearsal_made_is_left_alone(tmp_path: Path, name: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / name).write_bytes(b"somebody's")
    with pytest.raises(InputError, match="holds other things"):
        _scratch(other, _settings(tmp_path))
    assert (other / name).read_bytes() == b"somebody's"


def test_a_rehearsal_empties_what_an_earlier_one_left_and_nothing_else(tmp_path: Path) -> None:
    folder = _scratch(tmp_path / "D", _settings(tmp_path))
    assert (folder / MARK).is_file()
    (folder / "summary.json").write_text("{}")
    (folder / "mail").mkdir()
    (folder / "notes.txt").write_text("mine")
    assert _scratch(folder, _settings(tmp_path)) == folder
    assert sorted(path.name for path in folder.iterdir()) == [MARK, "notes.txt"]


@pytest.mark.parametrize(
    ("year", "day"), [(2025, date(2025, 1, 2)), (2027, date(2027, 1, 4)), (2022, date(2022, 1, 3))]
)
def test_a_rehearsal_begins_on_a_working_day_so_that_nothing_is_caught_up_on_a_holiday(
    year: int, day: date
) -> None:
    begins = first_moment(year, ZoneInfo("Europe/Amsterdam"))
    assert (begins.astimezone(ZoneInfo("Europe/Amsterdam")).date(), begins.tzinfo) == (day, UTC)
