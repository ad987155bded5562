"""A partner sends an Excel list of 140 guests for one event, and what becomes of each of them."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from openpyxl import load_workbook
from sqlalchemy import func, select, text

from tests.people.books import book
from tests.story.scene import MAILBOXES, Story, moment
from var_outreach.people.model import Contact
from var_outreach.people.store import find_contact
from var_outreach.people.subscriptions import leave, subscription_of
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.reporting.figures import summarise_year
from var_outreach.staff import imports as staff_imports
from var_outreach.staff.lists import ListChoices, look_at_columns
from var_outreach.storage.base import Base

KNOWN = (*MAILBOXES, *(f"lezer{number}@lezers.example" for number in range(1, 8)))
"""Five offices and seven readers; the last two readers left the newsletter."""
GONE = KNOWN[-2:]
HEADER = ("Voornaam", "Tussenvoegsel", "Achternaam", "Mailadres werk", "Gemeente", "Functie",
          "Telefoon", "Kleur badge")  # fmt: skip


def row(number: int, address: str, name: str = "") -> tuple[object, ...]:
    first, last = ("Gast", f"Nummer{number}") if not name else (name, "")
    town = ("Dordrecht", "Gemeente Schiedam", "Stichting Havenwacht")[number % 3]
    return (first, "van den", last, address, town, "beleidsadviseur", 31612345000 + number, "geel")


def the_list() -> list[tuple[object, ...]]:
    known = [row(number, address) for number, address in enumerate(KNOWN)]
    new = [row(number, f"gast{number}@partner.example") for number in range(100, 225)]
    bad = [
        row(300, "geen adres"),
        row(301, ""),
        row(302, "gast100@partner.example", "Iemand Anders"),
    ]
    rows = [*known, *new, *bad]
    assert (len(known), len(new), len(rows)) == (12, 125, 140)
    return rows


def test_a_partners_list_of_140_guests(story: Story) -> None:
    story.add_readers(["lezer7@lezers.example"])
    with story.database.writing() as session:
        for address in GONE:
            contact = find_contact(session, address)
            assert contact is not None
            subscription = subscription_of(session, contact, "nieuwsbrief")
            assert subscription is not None
            leave(session, subscription.token, source="test", now=story.clock.now())
    story.plan("id: a, kind: leerhuis, title: Leerhuis, date: 2025-01-24")
    story.tick()
    path = story.folder / "gasten.xlsx"
    path.write_bytes(book([("Gastenlijst RIEC",), HEADER, *the_list()]))
    app, key = story.start(), story.event("a").key

    # ---- the columns are asked once, and remembered
    said = {"Mailadres werk": "e-mail"}
    look_at_columns(app, path, said=said, save="RIEC", by="kernteam A")

    # ---- the preview says all, and keeps nothing
    choices = ListChoices(good_rows=True, bad_rows_to=story.folder / "terug.xlsx")
    seen = staff_imports.import_guests_file(
        app, path, event_key=key, partner="het RIEC", dry_run=True
    )
    assert (seen.rows, seen.guests, seen.new, seen.known) == (140, 137, 125, 12)
    assert seen.mapping == "RIEC"
    assert contacts(story, "%@partner.example") == 0

    # ---- the good rows come in, the bad ones go back with their reasons
    done = staff_imports.import_guests_file(
        app, path, event_key=key, partner="het RIEC", choices=choices
    )
    assert (done.guests, done.new, done.known, done.invited) == (137, 125, 12, 137)
    assert [one.who for one in done.opted_out] == list(GONE)
    assert returned(story.folder / "terug.xlsx") == {
        140: "'geen adres' is not a mail address",
        141: "there is no mail address",
        142: "row 15 has this address",
    }
    assert contacts(story, "%@partner.example") == 125
    assert registered(story) == dict.fromkeys(everybody(), 1), "nobody stands there twice"
    again = staff_imports.import_guests_file(
        app, path, event_key=key, partner="het RIEC", choices=ListChoices(good_rows=True)
    )
    assert (again.new, again.invited, again.already_invited) == (0, 0, 137)

    # ---- all are invited, once each, also those who left the newsletter
    invited = Counter(one.recipient for one in story.send("invitation", "a"))
    assert invited == Counter({*everybody()})
    story.at(moment(1, 3))
    story.news("Nieuws", on=date(2025, 1, 2))
    story.tick()
    story.release("newsletter")
    story.at(moment(1, 7))
    story.tick()
    newsletter = {one.recipient for one in story.sink.take() if "nieuws" in one.subject.lower()}
    assert newsletter == {f"lezer{number}@lezers.example" for number in range(1, 6)}

    # ---- half of them come, and one subscribes to the newsletter there
    story.answer("a", "gast100@partner.example", RegistrationState.ACCEPTED)
    story.answer("a", "gast101@partner.example", RegistrationState.DECLINED)
    story.answer("a", "gast102@partner.example", RegistrationState.ACCEPTED)
    story.until_quiet()
    story.add_readers(["gast102@partner.example"])
    story.at(moment(2, 20))
    story.tick()
    assert contacts(story, "%@partner.example") == 125, "their time is not over yet"
    before = totals(story)
    with story.database.reading() as session:
        figures = summarise_year(session, 2025, app.settings.zone)

    # ---- after thirty days the new guests are gone, and the totals stay
    story.at(moment(2, 24))
    story.tick()
    assert contacts(story, "%@partner.example") == 1, "who became a reader stays"
    assert "Nummer103" not in everything(story)
    assert "gast103@" not in everything(story)
    assert contacts(story, KNOWN[0]) == 1
    assert totals(story) == before
    with story.database.reading() as session:
        later = summarise_year(session, 2025, app.settings.zone)
    assert later.events == figures.events
    assert later.deliveries == figures.deliveries
    held = everything(story)
    story.at(moment(2, 25))
    story.tick()
    assert everything(story) == held, "forgetting again changes nothing"

    # ---- and the year after they may be guests again
    story.clock.advance(timedelta(days=1))
    story.plan("id: b, kind: leerhuis, title: Leerhuis twee, date: 2025-06-24")
    back = staff_imports.import_guests_file(
        app, path, event_key=story.event("b").key, choices=ListChoices(good_rows=True)
    )
    assert (back.new, back.known) == (124, 13)


def everybody() -> list[str]:
    return [*KNOWN, *(f"gast{number}@partner.example" for number in range(100, 225))]


def contacts(story: Story, like: str) -> int:
    with story.database.reading() as session:
        query = select(func.count()).select_from(Contact).where(Contact.address.like(like))
        return session.scalar(query) or 0


def registered(story: Story) -> dict[str, int]:
    with story.database.reading() as session:
        rows = session.execute(
            select(Contact.address, func.count())
            .join(Registration, Registration.contact_id == Contact.id)
            .group_by(Contact.address)
        )
        return {str(address): count for address, count in rows}


def totals(story: Story) -> Counter[str]:
    with story.database.reading() as session:
        return Counter(state.value for state in session.scalars(select(Registration.state)))


def returned(path: Path) -> dict[int, str]:
    """Return by its place in the list, why each row of the file of bad rows came back."""
    header, *rows = load_workbook(path).active.iter_rows(values_only=True)
    assert header == (*HEADER, "Reden")
    by_reason = {}
    for place, cells in zip(range(140, 143), rows, strict=True):
        assert "column D (Mailadres werk): " in cells[-1]
        by_reason[place] = (
            cells[-1].partition(": ")[2][:34].partition(" for ")[0].partition(". ")[0]
        )
    return by_reason


def everything(story: Story) -> str:
    with story.database.reading() as session:
        return "\n".join(
            str(tuple(one))
            for table in Base.metadata.sorted_tables
            for one in session.execute(text(f'SELECT * FROM "{table.name}"'))
        )
