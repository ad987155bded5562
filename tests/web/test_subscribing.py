"""Double opt-in, and leaving in one click (RFC 8058)."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from tests.web.conftest import Place
from var_outreach.people.model import ConsentProof, Contact, Subscription, SubscriptionState
from var_outreach.web.server import create_web


def state(site: Place, address: str) -> SubscriptionState | None:
    with site.app.database.reading() as session:
        return session.scalar(
            select(Subscription.state)
            .join(Contact, Contact.id == Subscription.contact_id)
            .where(Contact.address == address)
        )


def state_by_token(site: Place) -> SubscriptionState:
    with site.app.database.reading() as session:
        return session.scalars(
            select(Subscription.state).where(Subscription.token == site.seeded.leave)
        ).one()


def test_asking_waits_for_a_confirmation(site: Place) -> None:
    sent = site.send("/inschrijven", adres="lieke@capelle.example", naam="")
    assert sent.headers["location"] == "/inschrijven?verstuurd=ja"
    assert state(site, "lieke@capelle.example") is SubscriptionState.PENDING
    assert site.woken == [True]
    assert "Kijk in uw mail" in site.get(sent.headers["location"]).text
    with site.app.database.reading() as session:
        proof = session.scalars(select(ConsentProof).order_by(ConsentProof.id.desc())).first()
        assert proof is not None
        assert (proof.act, proof.wording) == ("asked", "inschrijven-2025-1")
        assert proof.source == "http://testserver/inschrijven"


def test_english_form_writes_english(site: Place) -> None:
    site.send("/en/inschrijven", adres="lieke@capelle.example", naam="Lieke")
    with site.app.database.reading() as session:
        row = session.scalars(
            select(Contact).where(Contact.address == "lieke@capelle.example")
        ).one()
        assert (row.language, row.name) == ("en", "Lieke")


def test_known_and_unknown_addresses_answer_the_same(site: Place) -> None:
    answers = [
        site.send("/inschrijven", adres=address)
        for address in ("lezer@ridderkerk.example", "nieuw@brielle.example", "wie@capelle.example")
    ]
    assert {(one.status_code, one.headers["location"], one.text) for one in answers} == {
        (303, "/inschrijven?verstuurd=ja", "")
    }
    assert state(site, "lezer@ridderkerk.example") is SubscriptionState.ACTIVE


def test_every_answer_takes_the_same_time(site: Place) -> None:
    web = create_web(site.app, equal_seconds=0.25)
    with TestClient(web, follow_redirects=False) as client:
        token = client.get("/inschrijven").text.split('name="formulier" value="')[1].split('"')[0]
        for address in ("lezer@ridderkerk.example", "wie@capelle.example"):
            started = time.monotonic()
            client.post("/inschrijven", data={"adres": address, "formulier": token})
            assert time.monotonic() - started >= 0.25


def test_wrong_address_is_an_error(site: Place) -> None:
    sent = site.send("/inschrijven", adres="lieke", naam="Lieke")
    assert sent.status_code == 422
    assert 'value="lieke"' in sent.text
    assert 'aria-invalid="true"' in sent.text
    assert "autofocus" in sent.text


def test_opening_the_link_confirms_nothing_and_the_button_does(site: Place) -> None:
    signed = site.app.signer.sign("subscribe", str(site.seeded.pending_id))
    page = site.get(f"/inschrijven/bevestig/{signed}")
    assert "Ja, schrijf mij in" in page.text
    assert state(site, "nieuw@brielle.example") is SubscriptionState.PENDING
    sent = site.send(f"/inschrijven/bevestig/{signed}")
    assert sent.status_code == 303
    assert state(site, "nieuw@brielle.example") is SubscriptionState.ACTIVE
    assert "U bent ingeschreven" in site.get(sent.headers["location"]).text
    assert site.send(f"/inschrijven/bevestig/{signed}").status_code == 303


def test_confirmation_link_of_another_purpose_or_too_old_is_refused(site: Place) -> None:
    signer, number = site.app.signer, str(site.seeded.pending_id)
    old = signer.sign("subscribe", number, until=site.app.clock.now() - timedelta(seconds=1))
    for signed in (signer.sign("form", number), old, "abc", "abc.def", f"{old}x"):
        page = site.get(f"/inschrijven/bevestig/{signed}")
        assert page.status_code == 403
        assert "Deze link is verlopen" in page.text
        assert site.client.post(f"/inschrijven/bevestig/{signed}").status_code == 403
    assert state(site, "nieuw@brielle.example") is SubscriptionState.PENDING


def test_an_old_link_brings_nobody_back(site: Place) -> None:
    signed = site.app.signer.sign("subscribe", str(site.seeded.pending_id))
    site.send(f"/inschrijven/bevestig/{signed}")
    with site.app.database.writing() as session:
        row = session.get_one(Subscription, site.seeded.pending_id)
        row.state = SubscriptionState.LEFT
    assert site.get(f"/inschrijven/bevestig/{signed}").status_code == 409
    assert site.send(f"/inschrijven/bevestig/{signed}").status_code == 409
    assert state(site, "nieuw@brielle.example") is SubscriptionState.LEFT


def test_leaving_is_a_button(site: Place) -> None:
    path = f"/uitschrijven/{site.seeded.leave}"
    assert "Schrijf mij uit" in site.get(path).text
    assert state_by_token(site) is SubscriptionState.ACTIVE
    sent = site.send(path)
    assert sent.status_code == 200
    assert "U bent uitgeschreven" in sent.text
    assert state_by_token(site) is SubscriptionState.LEFT
    assert "U bent uitgeschreven" in site.get(path).text


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_one_click_needs_nothing_and_works_twice_and_later(site: Place, form: str) -> None:
    path = f"/uitschrijven/{site.seeded.leave}"
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    site.app.clock.advance(timedelta(days=90))  # type: ignore[attr-defined]
    for _ in range(2):
        if form == "urlencoded":
            data = {"List-Unsubscribe": "One-Click"}
            sent = site.client.post(path, data=data, headers=headers)
        else:
            files = {"List-Unsubscribe": (None, "One-Click")}
            sent = site.client.post(path, files=files, headers=headers)
        assert sent.status_code == 200
        assert "set-cookie" not in sent.headers
        assert state_by_token(site) is SubscriptionState.LEFT
    with site.app.database.reading() as session:
        left = session.scalar(
            select(func.count()).select_from(ConsentProof).where(ConsentProof.act == "left")
        )
        assert left == 1
        assert (
            session.scalars(select(ConsentProof.source).where(ConsentProof.act == "left")).one()
            == "List-Unsubscribe-Post"
        )


def test_our_button_pressed_from_elsewhere_is_refused(site: Place) -> None:
    sent = site.client.post(
        f"/uitschrijven/{site.seeded.leave}", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert sent.status_code == 403
    assert state_by_token(site) is SubscriptionState.ACTIVE
