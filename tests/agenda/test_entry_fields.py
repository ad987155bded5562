"""Every field of a YAML plan arrives in the event, one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.agenda.taking_over import Agenda, yaml
from var_outreach.agenda.facts import event_facts
from var_outreach.agenda.importing import import_agenda
from var_outreach.agenda.model import EventState, Visibility
from var_outreach.agenda.store import all_events
from var_outreach.agenda.yaml_file import FIELDS
from var_outreach.storage.engine import Database

DAY = "date: 2025-04-07"
CASES: dict[str, tuple[str, str, Any]] = {
    "id": (DAY, "source_id", "a"),
    "kind": (f"kind: webinar\n{DAY}", "kind", "webinar"),
    "title": (f"title: Over ondermijning\n{DAY}", "title", "Over ondermijning"),
    "date": (DAY, "on_date", date(2025, 4, 7)),
    "until": (f"{DAY}\nuntil: 2025-04-08", "until_date", date(2025, 4, 8)),
    "doors": (f"{DAY}\ndoors: 9.00", "doors_at", datetime(2025, 4, 7, 7, tzinfo=UTC)),
    "from": (f"{DAY}\nfrom: 9.30", "starts_at", datetime(2025, 4, 7, 7, 30, tzinfo=UTC)),
    "to": (f"{DAY}\nfrom: 9.30\nto: 12.00", "ends_at", datetime(2025, 4, 7, 10, tzinfo=UTC)),
    "start": ("start: 2025-04-07 9.30", "starts_at", datetime(2025, 4, 7, 7, 30, tzinfo=UTC)),
    "end": (
        "start: 2025-04-07 9.30\nend: 2025-04-08 12.00", "until_date", date(2025, 4, 8)
    ),
    "place": (f"{DAY}\nplace: De Kuip", "place", "De Kuip"),
    "address": (f"{DAY}\naddress: Kade 1, Dordrecht", "address", "Kade 1, Dordrecht"),
    "online_url": (f"{DAY}\nonline_url: https://a.example/b", "online_url", "https://a.example/b"),
    "topic": (f"{DAY}\ntopic: mensenhandel", "topic_key", "mensenhandel"),
    "quantity": ("quantity: 3", "quantity", 3),
    "when": ("when: voorjaar", "notes", ["Wanneer: voorjaar"]),
    "programme": (
        f"{DAY}\nprogramme: [{{time: 9.30, text: Inloop}}, Afsluiting]",
        "programme",
        [
            {"from": "09.30", "to": "", "title": "Inloop"},
            {"from": "", "to": "", "title": "Afsluiting"},
        ],
    ),
    "capacity": (f"{DAY}\ncapacity: 40", "capacity", 40),
    "max_per_organisation": (f"{DAY}\nmax_per_organisation: 3", "max_per_organisation", 3),
    "answer_by": (f"{DAY}\nanswer_by: 2025-04-01", "answer_by_on", date(2025, 4, 1)),
    "audience": (
        f"{DAY}\naudience: [burgemeesters, wethouders]", "meant_for", "burgemeesters, wethouders"
    ),
    "invite": (f"{DAY}\ninvite: bestuurders", "audience_key", "bestuurders"),
    "questions": (f"{DAY}\nquestions: [dieet]", "asks_diet", True),
    "visibility": (f"{DAY}\nvisibility: besloten", "visibility", Visibility.CLOSED),
    "registration_open": (f"{DAY}\nregistration_open: true", "registration_open", True),
    "partners": (f"{DAY}\npartners: [RIEC, OM]", "partners", ["RIEC", "OM"]),
    "description": (f"{DAY}\ndescription: |\n  Een\n  twee", "description", "Een\ntwee"),
    "title_en": (f"{DAY}\ntitle_en: Session", "notes", ["Engelse titel: Session"]),
    "description_en": (f"{DAY}\ndescription_en: Text", "notes", ["Engelse tekst: Text"]),
    "language": (f"{DAY}\nlanguage: en", "notes", ["Taal: en"]),
    "state": (f"{DAY}\nstate: confirmed", "state", EventState.CONFIRMED),
    "notes": (f"{DAY}\nnotes: [let op]", "notes", ["let op"]),
}  # fmt: skip


ELSEWHERE = {"follows", "rounds", "speakers"}
"""Fields that become more than a field of the event; they have tests of their own."""


@pytest.fixture
def agenda(database: Database, now: datetime) -> Agenda:
    return Agenda(database, now)


def test_every_field_that_a_plan_may_hold_has_a_case() -> None:
    assert set(CASES) | ELSEWHERE == set(FIELDS)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_field_arrives(agenda: Agenda, name: str) -> None:
    text, field, expected = CASES[name]
    file = yaml(f"id: a\n{text}")
    agenda.take(file)
    event = agenda.only()
    assert getattr(event, field) == expected
    # What was kept of the file is the same at the next import, and the facts can be made of it.
    assert agenda.take(file).unchanged == 1
    assert event_facts(event).key == event.key


def test_the_programme_reaches_mail_and_pages(agenda: Agenda) -> None:
    agenda.take(yaml(f"id: a\n{DAY}\nprogramme: [{{time: 9.30, text: Inloop}}]"))
    (line,) = event_facts(agenda.only()).programme
    assert (line.start, line.end, line.title) == ("09.30", "", "Inloop")


def test_the_kind_says_who_may_see_it_unless_the_file_does(agenda: Agenda) -> None:
    agenda.take(yaml(f"id: a\nkind: drivergroep\n{DAY}"))
    assert agenda.only().visibility is Visibility.CLOSED
    agenda.take(yaml(f"id: a\nkind: webinar\n{DAY}"))
    assert agenda.only().visibility is Visibility.PUBLIC
    agenda.take(yaml(f"id: a\nkind: webinar\nvisibility: netwerk\n{DAY}"))
    agenda.take(yaml(f"id: a\nkind: leerhuis\nvisibility: netwerk\n{DAY}"))
    assert agenda.only().visibility is Visibility.NETWORK


def test_no_two_events_share_a_list(agenda: Agenda) -> None:
    file = yaml(f"id: a\n{DAY}", "id: b\ndate: 2025-05-12")
    with agenda.database.writing() as session:
        import_agenda(session, file, agenda.options(), now=agenda.now)
        one, other = all_events(session)
        assert one.partners is not other.partners


def test_control_characters_do_not_enter_the_agenda(agenda: Agenda) -> None:
    agenda.take(yaml(f'id: a\n{DAY}\ntitle: "Leer\\ehuis\\x07"\nplace: "De\\u2028Kuip"'))
    event = agenda.only()
    assert (event.title, event.place) == ("Leerhuis", "De Kuip")
