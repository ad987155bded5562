"""The answer page: what it asks, what it records, what it says afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.web.conftest import Place
from var_outreach.agenda.model import Event, EventState
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.registrations.store import invitation_by_token


def ids(site: Place, token: str) -> list[int]:
    with site.app.database.reading() as session:
        found = invitation_by_token(session, token)
        assert found is not None
        return [one.id for one in found.registrations]


def registration(site: Place, number: int) -> Registration:
    with site.app.database.reading() as session:
        row = session.get_one(Registration, number)
        session.expunge(row)
        return row


def answer(site: Place, token: str, choices: dict[int, str], **more: str) -> object:
    fields = dict(more)
    for number, choice in choices.items():
        fields[f"keuze-{number}"] = choice
        fields.setdefault(f"naam-{number}", "Wie Komt")
    return site.send(f"/antwoord/{token}", **fields)


def test_link_with_a_choice_fills_it_in_and_changes_nothing(site: Place) -> None:
    (number,) = ids(site, site.seeded.mayor)
    page = site.get(f"/antwoord/{site.seeded.mayor}?keuze=misschien").text
    assert 'value="misschien" checked' in page
    assert "U antwoordt als" in page
    assert "Burgemeester, Gemeente Dordrecht" in page
    assert registration(site, number).state is RegistrationState.INVITED
    assert "checked" not in site.get(f"/antwoord/{site.seeded.mayor}?keuze=<b>").text


def test_yes_is_recorded_and_told(site: Place) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    sent = site.send(
        f"/antwoord/{token}",
        **{
            f"keuze-{number}": "ja",
            f"naam-{number}": " Sanne   Plaatsvervanger ",
            f"opmerking-{number}": "Ik kom iets later.\r\nTot dan!",
            f"dieet-{number}": "Geen noten",
        },
    )
    assert sent.status_code == 303
    assert sent.headers["location"] == f"/antwoord/{token}/klaar"
    row = registration(site, number)
    assert row.state is RegistrationState.ACCEPTED
    assert row.attendee_name == "Sanne Plaatsvervanger"
    assert (row.note, row.diet) == ("Ik kom iets later.\nTot dan!", "Geen noten")
    assert row.answered_via == "page"
    assert row.version == 1
    assert site.woken == [True]
    done = site.get(sent.headers["location"]).text
    assert "U bent aangemeld" in done
    assert "Wijzig uw antwoord" in done
    assert f"/antwoord/{token}/bijeenkomst.ics" in done
    assert "010 - 555 01 23" in done


def test_an_answer_can_be_changed(site: Place) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    answer(site, token, {number: "ja"})
    page = site.get(f"/antwoord/{token}").text
    assert 'value="ja" checked' in page
    assert 'value="Wie Komt"' in page
    answer(site, token, {number: "nee"})
    assert registration(site, number).state is RegistrationState.CANCELLED
    assert "U bent afgemeld" in site.get(f"/antwoord/{token}/klaar").text
    answer(site, token, {number: "ja"})
    assert registration(site, number).state is RegistrationState.ACCEPTED


def test_three_offices_at_one_mailbox_are_answered_on_one_page(site: Place) -> None:
    token = site.seeded.shared
    first, second, third = ids(site, token)
    page = site.get(f"/antwoord/{token}").text
    for office in ("Wethouder (jeugd)", "Wethouder (zorg)", "Gemeentesecretaris"):
        assert office in page
    answer(site, token, {first: "ja", second: "nee"})
    states = [registration(site, number).state for number in (first, second, third)]
    assert states == [
        RegistrationState.ACCEPTED,
        RegistrationState.DECLINED,
        RegistrationState.INVITED,
    ]
    done = site.get(f"/antwoord/{token}/klaar").text
    assert "Nog geen antwoord" in done
    assert "Weet u het voor een functie nog niet?" in done


def test_full_is_a_page_and_the_first_who_waits_goes_first(site: Place) -> None:
    first, second, _ = ids(site, site.seeded.shared)
    answer(site, site.seeded.shared, {first: "ja", second: "ja"})
    (number,) = ids(site, site.seeded.mayor)
    assert "De bijeenkomst is vol." in site.get(f"/antwoord/{site.seeded.mayor}").text
    sent = answer(site, site.seeded.mayor, {number: "ja"})
    assert registration(site, number).state is RegistrationState.WAITLISTED
    assert sent.status_code == 303  # type: ignore[attr-defined]
    done = site.get(f"/antwoord/{site.seeded.mayor}/klaar").text
    assert "U bent nummer 1 op de wachtlijst" in done
    answer(site, site.seeded.shared, {first: "nee", second: "ja"})
    assert registration(site, number).state is RegistrationState.ACCEPTED


def test_nothing_chosen_is_an_error_that_keeps_the_input(site: Place) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    sent = site.send(f"/antwoord/{token}", **{f"opmerking-{number}": "<b>Mijn tekst</b>"})
    assert sent.status_code == 422
    assert "<title>Fout: " in sent.text
    assert sent.text.count("Kies of u komt.") == 2
    assert f'href="#keuze-{number}"' in sent.text
    assert f'id="keuze-{number}"' in sent.text
    assert "&lt;b&gt;Mijn tekst&lt;/b&gt;" in sent.text
    assert registration(site, number).state is RegistrationState.INVITED


def test_coming_needs_a_name_and_not_coming_does_not(site: Place) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    sent = site.send(f"/antwoord/{token}", **{f"keuze-{number}": "ja", f"naam-{number}": " "})
    assert sent.status_code == 422
    assert "Vul in wie er komt." in sent.text
    sent = site.send(f"/antwoord/{token}", **{f"keuze-{number}": "nee", f"naam-{number}": ""})
    assert sent.status_code == 303
    assert registration(site, number).attendee_name == "Marit Voorbeeld"


@pytest.mark.parametrize("name", ["=?utf-8?q?a=0d=0abcc:x?=", "x" * 121])
def test_names_that_cannot_stand_in_a_mail_are_refused(site: Place, name: str) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    sent = site.send(f"/antwoord/{token}", **{f"keuze-{number}": "ja", f"naam-{number}": name})
    assert sent.status_code == 422


def test_control_characters_are_dropped(site: Place) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    answer(
        site,
        token,
        {number: "ja"},
        **{f"naam-{number}": "A\x00B\u202ec", f"dieet-{number}": "\x07"},
    )
    assert registration(site, number).attendee_name == "ABc"


def test_an_answer_for_somebody_elses_registration_is_ignored(site: Place) -> None:
    (mine,) = ids(site, site.seeded.mayor)
    other, *_ = ids(site, site.seeded.shared)
    answer(site, site.seeded.mayor, {mine: "nee", other: "ja"})
    assert registration(site, other).state is RegistrationState.INVITED


def test_after_the_deadline_one_can_leave_but_not_come(site: Place) -> None:
    token = site.seeded.late
    (number,) = ids(site, token)
    page = site.get(f"/antwoord/{token}").text
    assert "U kon antwoorden tot en met 10 september 2025." in page
    assert "010 - 555 01 23" in page
    assert 'type="radio"' not in page
    refused = site.send(f"/antwoord/{token}", **{f"keuze-{number}": "misschien"})
    assert refused.status_code == 422
    assert registration(site, number).state is RegistrationState.ACCEPTED
    assert site.send(f"/antwoord/{token}", **{f"keuze-{number}": "nee"}).status_code == 303
    assert registration(site, number).state is RegistrationState.CANCELLED
    assert "Meld mij af" not in site.get(f"/antwoord/{token}").text


def test_cancelled_and_past_events_say_so_and_take_nothing(site: Place) -> None:
    for token, words in (
        (site.seeded.off, "De bijeenkomst van 2 oktober 2025 gaat niet door."),
        (site.seeded.past, "Deze bijeenkomst is geweest."),
    ):
        page = site.get(f"/antwoord/{token}").text
        assert words in page
        assert "<form" not in page
        (number,) = ids(site, token)
        answer(site, token, {number: "ja"})
        assert registration(site, number).state is RegistrationState.INVITED


def test_an_event_cancelled_while_the_page_stood_open(site: Place) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == "leerhuis-november")).one()
        event.state = EventState.CANCELLED
    sent = answer(site, token, {number: "ja"})
    assert sent.headers["location"] == f"/antwoord/{token}"  # type: ignore[attr-defined]
    assert registration(site, number).state is RegistrationState.INVITED
    assert site.woken == []


def test_who_was_taken_off_cannot_come_back(site: Place) -> None:
    token = site.seeded.withdrawn
    page = site.get(f"/antwoord/{token}").text
    assert "wij hebben deze uitnodiging ingetrokken" in page
    (number,) = ids(site, token)
    answer(site, token, {number: "ja"})
    assert registration(site, number).state is RegistrationState.CANCELLED


def test_closed_event_shows_to_its_invitee_until_taken_off(site: Place) -> None:
    token = site.seeded.closed
    assert "gesloten deuren" in site.get(f"/antwoord/{token}").text
    from var_outreach.registrations.invitees import withdraw

    with site.app.database.writing() as session:
        found = invitation_by_token(session, token)
        assert found is not None
        withdraw(session, found.registrations[0], by="staf", now=site.app.clock.now())
    gone = site.get(f"/antwoord/{token}")
    unknown = site.get(f"/antwoord/{'a' * 26}")
    assert (gone.status_code, gone.text) == (404, unknown.text)
    assert "gesloten deuren" not in site.get(f"/mijn/{site.seeded.mayor_page}").text


def test_confirmation_without_an_answer_asks_the_question(site: Place) -> None:
    token = site.seeded.mayor
    assert site.get(f"/antwoord/{token}/klaar").headers["location"] == f"/antwoord/{token}"


def test_own_entry_is_the_one_that_the_mails_update(site: Place) -> None:
    token = site.seeded.mayor
    with site.app.database.reading() as session:
        uid = session.scalars(select(Invitation.uid).where(Invitation.token == token)).one()
    text = site.get(f"/antwoord/{token}/bijeenkomst.ics").text
    assert f"UID:{uid}" in text.replace("\r\n ", "")
    assert f"mailto:agenda+{token}@" in text.replace("\r\n ", "")


def test_an_answer_from_another_site_is_refused(site: Place) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    for headers in (
        {"Origin": "https://kwaad.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
    ):
        sent = site.client.post(
            f"/antwoord/{token}", data={f"keuze-{number}": "nee"}, headers=headers
        )
        assert sent.status_code == 403
    assert registration(site, number).state is RegistrationState.INVITED


def test_deadline_day_itself_still_counts(site: Place) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    site.app.clock.advance(timedelta(days=49))  # type: ignore[attr-defined]  # 3 November
    answer(site, token, {number: "ja"})
    assert registration(site, number).state is RegistrationState.ACCEPTED
