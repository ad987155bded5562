"""An agenda file taken over again and again, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.agenda.plan_texts import KINDS, ROOT, ZONE
from tests.agenda.taking_over import APRIL, Agenda, ics, keys_of, plan, yaml
from var_outreach.agenda.model import EventState
from var_outreach.agenda.readers import read_agenda
from var_outreach.errors import Conflict
from var_outreach.storage.engine import Database

ONE = "id: a\ndate: 2025-04-07"
KEY = "2025-04-07-leerhuis"


@pytest.fixture
def agenda(database: Database, now: datetime) -> Agenda:
    return Agenda(database, now)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def test_the_shipped_year_twice_adds_it_once(agenda: Agenda) -> None:
    path = ROOT / "calendars" / "2025.yaml"
    file = read_agenda(path, KINDS, zone=ZONE)
    first = agenda.take(file)
    before = agenda.rows()
    again = agenda.take(file)
    assert (len(first.added), first.unchanged) == (len(file.entries), 0)
    assert (again.added, again.moved, again.changed, again.missing) == ([], [], [], [])
    assert (again.unchanged, again.questions, again.remarks) == (len(file.entries), [], [])
    assert agenda.rows() == before


def test_a_change_in_the_file_is_told_by_what_it_does(agenda: Agenda) -> None:
    agenda.take(
        yaml(ONE, "id: b\ndate: 2025-05-12", "id: c\ndate: 2025-06-02", "id: d\ndate: 2025-06-03")
    )
    report = agenda.take(
        yaml("id: a\ndate: 2025-04-08", "id: b\ndate: 2025-05-12\nplace: De Kuip",
             "id: d\ndate: 2025-06-03", "id: e\ntitle: Nieuw\ndate: 2025-09-01")
    )  # fmt: skip
    assert keys_of(report.moved) == [KEY]
    assert keys_of(report.changed) == ["2025-05-12-leerhuis"]
    assert keys_of(report.added) == ["2025-09-01-nieuw"]
    assert keys_of(report.missing) == ["2025-06-02-leerhuis"]
    assert (report.unchanged, report.cancelled) == (1, [])
    assert ("on_date", "2025-04-07", "2025-04-08") in report.moved[0].fields
    assert report.changed[0].fields == (("place", None, "De Kuip"),)
    assert report.changed[0].line == 7
    assert agenda.value("2025-06-02-leerhuis", "state") is EventState.PLANNED


def test_what_is_missing_is_cancelled_only_when_asked(agenda: Agenda) -> None:
    agenda.take(yaml(ONE, "id: b\ndate: 2025-05-12"))
    left = yaml("id: b\ndate: 2025-05-12")
    assert keys_of(agenda.take(left).missing) == [KEY]
    report = agenda.take(left, cancel=True)
    assert (keys_of(report.cancelled), report.missing) == ([KEY], [])
    assert agenda.value(KEY, "state") is EventState.CANCELLED
    # Cancelled is done with: it is not missed again.
    assert agenda.take(left).missing == []


def test_a_dry_run_reports_and_keeps_nothing(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    before = agenda.rows()
    report = agenda.take(yaml("id: a\ndate: 2025-04-08", "id: b\ndate: 2025-05-12"), keep=False)
    assert (len(report.moved), len(report.added)) == (1, 1)
    assert agenda.rows() == before


# ---- identity


def test_an_id_is_an_event_for_life(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    agenda.take(yaml("id: a\nkind: webinar\ntitle: Heel anders\ndate: 2025-12-01"))
    event = agenda.only()
    assert (event.key, event.title, event.kind) == (KEY, "Heel anders", "webinar")


def test_lines_of_a_plan_match_by_kind_and_date(agenda: Agenda) -> None:
    agenda.take(plan("7 april 2025 Leerhuis", "12 mei 2025 Webinar"))
    report = agenda.take(plan("12 mei 2025 Webinar over alles", "7 april 2025 Leerhuis"))
    assert (report.added, report.missing, report.questions) == ([], [], [])
    assert keys_of(report.changed) == ["2025-05-12-webinar"]
    assert agenda.value("2025-05-12-webinar", "title") == "Webinar over alles"


def test_any_other_pairing_is_asked_and_not_guessed(agenda: Agenda) -> None:
    agenda.take(plan("7 april 2025 Leerhuis", "12 mei 2025 Webinar"))
    report = agenda.take(plan("8 april 2025 Leerhuis", "12 mei 2025 Webinar"))
    assert keys_of(report.added) == ["2025-04-08-leerhuis"]
    assert keys_of(report.missing) == [KEY]
    (question,) = report.questions
    assert f"agenda same {KEY} 2025-04-08-leerhuis" in question
    assert question.startswith("line 4:")
    assert agenda.value(KEY, "on_date") == APRIL


def test_another_kind_is_no_question(agenda: Agenda) -> None:
    agenda.take(plan("7 april 2025 Leerhuis"))
    assert agenda.take(plan("8 april 2025 Webinar")).questions == []


def test_the_answer_to_the_question_joins_the_two(agenda: Agenda) -> None:
    agenda.take(plan("7 april 2025 Leerhuis"))
    moved = plan("8 april 2025 Leerhuis")
    agenda.take(moved)
    agenda.edit(KEY, place="De Kuip")
    report = agenda.join(KEY, "2025-04-08-leerhuis")
    assert keys_of(report.moved) == [KEY]
    event = agenda.only()
    assert (event.key, event.on_date, event.place) == (KEY, date(2025, 4, 8), "De Kuip")
    again = agenda.take(moved)
    assert (again.unchanged, again.added, again.missing) == (1, [], [])


def test_two_events_of_different_sources_are_never_joined(agenda: Agenda) -> None:
    agenda.take(plan("7 april 2025 Leerhuis"))
    agenda.take(yaml("id: a\ntitle: Ander\ndate: 2025-04-08"))
    before = agenda.rows()
    with pytest.raises(Conflict):
        agenda.join(KEY, "2025-04-08-ander")
    with pytest.raises(Conflict):
        agenda.join(KEY, KEY)
    assert agenda.rows() == before


def test_two_equal_lines_are_two_events(agenda: Agenda) -> None:
    two = plan("7 april 2025 Leerhuis", "7 april 2025 Leerhuis")
    assert len(agenda.take(two).added) == len(two.entries)
    assert agenda.take(two).unchanged == len(two.entries)
    assert len(agenda.keys()) == len(two.entries)


def test_a_file_of_one_kind_leaves_events_of_another_alone(agenda: Agenda) -> None:
    agenda.take(plan("7 april 2025 Leerhuis"))
    report = agenda.take(yaml("id: b\ndate: 2025-05-12"), cancel=True)
    assert (report.missing, report.cancelled) == ([], [])


def test_events_of_another_year_are_untouched(agenda: Agenda) -> None:
    agenda.take(yaml(ONE, "id: later\nquantity: 3"))
    before = agenda.rows()
    report = agenda.take(yaml("id: b\ndate: 2026-04-07", year="2026"), cancel=True)
    assert (report.missing, report.cancelled, report.questions) == ([], [], [])
    assert agenda.rows()[: len(before)] == before


def test_an_event_that_staff_put_into_next_year_stays_in_this_years_file(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    agenda.edit(KEY, on_date=date(2026, 1, 12))
    report = agenda.take(yaml("id: b\ndate: 2026-04-07", year="2026"), cancel=True)
    assert report.cancelled == []
    assert agenda.take(yaml(ONE)).unchanged == 1
    assert agenda.value(KEY, "on_date") == date(2026, 1, 12)


def test_a_file_without_a_year_speaks_of_the_years_in_it(agenda: Agenda) -> None:
    agenda.take(yaml(ONE, year=""))
    report = agenda.take(yaml("id: b\ndate: 2026-04-07", year=""), cancel=True)
    assert report.cancelled == []


# ---- edits made elsewhere


def test_an_edit_made_elsewhere_survives_the_old_file(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    agenda.edit(KEY, place="Stadhuis", title="Leerhuis Ondermijning")
    report = agenda.take(yaml(ONE))
    assert (report.unchanged, report.changed, report.remarks) == (1, [], [])
    with agenda.event(KEY) as event:
        assert (event.place, event.title) == ("Stadhuis", "Leerhuis Ondermijning")


def test_an_edit_survives_a_change_of_other_fields(agenda: Agenda) -> None:
    agenda.take(yaml(f"{ONE}\nplace: De Kuip"))
    agenda.edit(KEY, place="Stadhuis")
    report = agenda.take(yaml(f"{ONE}\nplace: De Kuip\ncapacity: 40"))
    assert report.changed[0].fields == (("capacity", None, "40"),)
    assert agenda.value(KEY, "place") == "Stadhuis"


def test_where_both_changed_the_same_field_the_file_counts_and_says_so(agenda: Agenda) -> None:
    agenda.take(yaml(f"{ONE}\nplace: De Kuip"))
    agenda.edit(KEY, place="Stadhuis")
    report = agenda.take(yaml(f"{ONE}\nplace: Theater"))
    assert agenda.value(KEY, "place") == "Theater"
    (remark,) = report.remarks
    assert "'Stadhuis'" in remark
    assert "'Theater'" in remark
    assert "line 3" in remark


def test_where_both_came_to_the_same_there_is_nothing_to_say(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    agenda.edit(KEY, place="Theater")
    report = agenda.take(yaml(f"{ONE}\nplace: Theater"))
    assert (report.unchanged, report.remarks) == (1, [])


def test_hours_that_staff_gave_move_along_with_the_date(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    agenda.edit(KEY, starts_at=at(APRIL, 7, 30), ends_at=at(APRIL, 10), doors_at=at(APRIL, 7))
    report = agenda.take(yaml("id: a\ndate: 2025-11-10"))
    november = date(2025, 11, 10)
    with agenda.event(KEY) as event:
        # 9.30 in Amsterdam, in summer time before and in winter time after.
        assert (event.starts_at, event.ends_at) == (at(november, 8, 30), at(november, 11))
        assert event.doors_at == at(november, 8)
    assert report.remarks == []


def test_an_hour_that_staff_changed_survives_a_move_of_the_date_in_the_file(agenda: Agenda) -> None:
    agenda.take(yaml(f"{ONE}\nfrom: 9.30\nto: 12.00"))
    agenda.edit(KEY, starts_at=at(APRIL, 8), ends_at=at(APRIL, 11))
    agenda.take(yaml("id: a\ndate: 2025-05-12\nfrom: 9.30\nto: 12.00"))
    with agenda.event(KEY) as event:
        assert event.starts_at == at(date(2025, 5, 12), 8)
        assert event.ends_at == at(date(2025, 5, 12), 11)


def test_hours_added_in_the_file_land_on_the_day_that_staff_moved_it_to(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    agenda.edit(KEY, on_date=date(2025, 4, 10))
    agenda.take(yaml(f"{ONE}\nfrom: 9.30\nto: 12.00"))
    with agenda.event(KEY) as event:
        assert event.on_date == date(2025, 4, 10)
        assert event.starts_at == at(date(2025, 4, 10), 7, 30)


def test_a_field_that_leaves_the_file_goes_back_to_nothing(agenda: Agenda) -> None:
    agenda.take(yaml(f"{ONE}\nplace: De Kuip\ncapacity: 40\npartners: [RIEC]\nquestions: [dieet]\n"
                     "answer_by: 2025-03-01\nvisibility: besloten"))  # fmt: skip
    agenda.take(yaml(ONE))
    with agenda.event(KEY) as event:
        assert (event.place, event.capacity, event.partners) == (None, None, [])
        assert (event.asks_diet, event.visibility.value) == (False, "openbaar")
        assert event.answer_by_on == date(2025, 3, 24), "the deadline of the rules again"


def test_an_event_that_was_held_is_asked_about_and_stops_nothing(agenda: Agenda) -> None:
    agenda.take(yaml(ONE, "id: b\ndate: 2025-05-12"))
    agenda.edit(KEY, state=EventState.HELD)
    newer = yaml("id: a\ndate: 2025-04-09", "id: b\ndate: 2025-05-13")
    for _ in range(2):  # it is asked again as long as the file says so
        report = agenda.take(newer)
        assert any("history" in question for question in report.questions)
    assert agenda.value(KEY, "on_date") == APRIL
    assert agenda.value("2025-05-12-leerhuis", "on_date") == date(2025, 5, 13)


# ---- dates and hours


def test_date_only_stays_date_only(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    event = agenda.only()
    assert (event.on_date, event.starts_at, event.ends_at) == (APRIL, None, None)


def test_hours_added_to_a_date_are_no_move(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    report = agenda.take(yaml(f"{ONE}\nfrom: 9.30\nto: 12.00"))
    event = agenda.only()
    assert (keys_of(report.changed), report.moved) == ([KEY], [])
    assert (event.revision, event.date_revision) == (1, 0)


@pytest.mark.parametrize(
    "later",
    [
        "id: a\ndate: 2025-04-07\nfrom: 13.30\nto: 16.00",
        "id: a\ndate: 2025-04-08\nfrom: 9.30\nto: 12.00",
    ],
)
def test_another_hour_or_date_is_a_move(agenda: Agenda, later: str) -> None:
    agenda.take(yaml(f"{ONE}\nfrom: 9.30\nto: 12.00"))
    report = agenda.take(yaml(later))
    event = agenda.only()
    assert (keys_of(report.moved), report.changed) == ([KEY], [])
    assert (event.revision, event.date_revision) == (1, 1)
    assert event.date_known_at == agenda.now


def test_a_moved_date_takes_its_deadline_along(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    assert agenda.value(KEY, "answer_by_on") == date(2025, 3, 24)
    agenda.take(yaml("id: a\ndate: 2025-05-12"))
    assert agenda.value(KEY, "answer_by_on") == date(2025, 4, 28)


def test_undated_events_are_kept_with_their_number(agenda: Agenda) -> None:
    agenda.take(yaml("id: n\nkind: netwerkbijeenkomst\ntitle: Netwerk\nquantity: 3\nwhen: najaar"))
    event = agenda.only()
    assert (event.key, event.state) == ("2025-netwerk", EventState.UNDATED)
    assert (event.on_date, event.quantity, event.answer_by_on) == (None, 3, None)
    assert event.notes == ["Wanneer: najaar"]


@pytest.mark.parametrize("more", ["", "\nanswer_by: 2025-04-01"])
def test_an_undated_event_is_planned_once_it_has_a_date(agenda: Agenda, more: str) -> None:
    agenda.take(yaml("id: a\nquantity: 3"))
    report = agenda.take(yaml(f"{ONE}{more}"))
    event = agenda.only()
    assert (event.state, event.on_date, event.quantity) == (EventState.PLANNED, APRIL, 1)
    assert keys_of(report.moved) == ["2025-leerhuis"]


def test_a_date_that_leaves_the_file_takes_its_hours_along(agenda: Agenda) -> None:
    agenda.take(yaml(f"{ONE}\nfrom: 9.30\nto: 12.00\nuntil: 2025-04-08"))
    agenda.edit(KEY, doors_at=at(APRIL, 7))
    agenda.take(yaml("id: a"))
    event = agenda.only()
    assert (event.state, event.on_date, event.until_date) == (EventState.UNDATED, None, None)
    assert (event.starts_at, event.ends_at, event.doors_at) == (None, None, None)
    assert event.answer_by_on is None


def test_a_date_that_staff_gave_an_undated_event_survives(agenda: Agenda) -> None:
    agenda.take(yaml("id: a"))
    agenda.edit("2025-leerhuis", on_date=APRIL, state=EventState.PLANNED)
    assert agenda.take(yaml("id: a")).unchanged == 1
    assert agenda.only().on_date == APRIL


def test_what_the_file_no_longer_cancels_takes_place(agenda: Agenda) -> None:
    agenda.take(yaml(f"{ONE}\nstate: cancelled"))
    assert agenda.only().state is EventState.CANCELLED
    agenda.take(yaml(ONE))
    assert agenda.only().state is EventState.PLANNED


def test_what_staff_cancelled_stays_off(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    agenda.edit(KEY, state=EventState.CANCELLED)
    agenda.take(yaml(f"{ONE}\nplace: De Kuip"))
    assert agenda.only().state is EventState.CANCELLED


def test_an_event_that_was_put_off_is_planned_again_by_a_new_date(agenda: Agenda) -> None:
    agenda.take(yaml(ONE))
    agenda.edit(KEY, state=EventState.POSTPONED)
    agenda.take(yaml("id: a\ndate: 2025-09-08"))
    assert agenda.only().state is EventState.PLANNED


# ---- calendar files

VEVENT = "UID:u1@example\nSUMMARY:Leerhuis\nDTSTART:20250407T073000Z\nDTEND:20250407T100000Z"


def test_a_calendar_file_twice(agenda: Agenda) -> None:
    assert keys_of(agenda.take(ics(f"{VEVENT}\nSEQUENCE:0\nDTSTAMP:20250101T000000Z")).added) == [
        KEY
    ]
    again = agenda.take(ics(f"{VEVENT}\nSEQUENCE:1\nDTSTAMP:20250201T000000Z"))
    assert (again.unchanged, again.added, again.changed) == (1, [], [])
    moved = VEVENT.replace("20250407", "20250408")
    assert keys_of(agenda.take(ics(f"{moved}\nSEQUENCE:2")).moved) == [KEY]
    assert agenda.only().starts_at == at(date(2025, 4, 8), 7, 30)


def test_a_cancelled_vevent_cancels_its_event(agenda: Agenda) -> None:
    agenda.take(ics(VEVENT))
    report = agenda.take(ics(f"{VEVENT}\nSTATUS:CANCELLED\nSEQUENCE:1"))
    assert report.changed[0].fields == (("state", "planned", "cancelled"),)
    assert agenda.only().state is EventState.CANCELLED


def test_a_calendar_over_two_years_misses_what_left_either(agenda: Agenda) -> None:
    later = "UID:u2@example\nSUMMARY:Webinar\nDTSTART;VALUE=DATE:20260112"
    agenda.take(ics(VEVENT, later))
    report = agenda.take(ics(VEVENT, later.replace("u2", "u3")))
    assert keys_of(report.missing) == ["2026-01-12-webinar"]


def test_the_file_is_never_changed_by_an_import(agenda: Agenda, tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        "year: 2025\nevents:\n  - {id: a, kind: leerhuis, title: L, date: 2025-04-07}\n"
    )
    before = path.read_bytes()
    agenda.take(read_agenda(path, KINDS, zone=ZONE))
    assert path.read_bytes() == before
