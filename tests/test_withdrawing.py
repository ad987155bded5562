"""Staff take an invitee off, by address or by number, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.app import App
from var_outreach.clock import MovableClock
from var_outreach.errors import Conflict, InputError, NotFound
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.settings import Settings
from var_outreach.staff.withdrawing import withdraw_invitee
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

INVITED, CANCELLED = RegistrationState.INVITED, RegistrationState.CANCELLED


@pytest.fixture
def app(database: Database, clock: MovableClock, signer: Signer, tmp_path: Path) -> App:
    settings = Settings(base_url="https://agenda.var.example", data_dir=tmp_path)
    return App(settings=settings, database=database, clock=clock, signer=signer)


@pytest.fixture
def event(app: App) -> tuple[str, str]:
    """An event at which two offices share a mailbox; its key and their address."""
    scene = Scene(app.clock.now())
    with app.database.writing() as session:
        made = scene.event(session)
        desk = scene.contact(session, "Bestuurssecretariaat")
        offices = [scene.office(session), scene.office(session, "wethouder")]
        place = Invited(desk.id, tuple(one.id for one in offices))
        invite(session, made, place, uid_domain=DOMAIN, now=app.clock.now()).revision_sent = 0
        return made.key, str(desk.address)


def states(app: App) -> list[RegistrationState]:
    with app.database.reading() as session:
        return list(session.scalars(select(Registration.state).order_by(Registration.id)))


def test_an_address_stands_for_all_its_offices(app: App, event: tuple[str, str]) -> None:
    key, address = event
    done = withdraw_invitee(app, key, address.upper(), by="kernteam A")
    assert [(one.was, one.is_told) for one in done] == [("invited", True)] * 2
    assert states(app) == [CANCELLED] * 2
    with pytest.raises(Conflict, match="taken off before"):
        withdraw_invitee(app, key, address, by="kernteam A")


def test_a_number_stands_for_one(app: App, event: tuple[str, str]) -> None:
    with app.database.reading() as session:
        second = session.scalars(select(Registration.id).order_by(Registration.id.desc())).first()
    (done,) = withdraw_invitee(app, event[0], str(second), by="kernteam A")
    assert done.id == second
    assert states(app) == [INVITED, CANCELLED]


def test_what_cannot_be_is_refused(app: App, event: tuple[str, str]) -> None:
    key, address = event
    with pytest.raises(NotFound):
        withdraw_invitee(app, "nergens", address, by="A")
    with pytest.raises(NotFound):
        withdraw_invitee(app, key, "niemand@x.example", by="A")
    with pytest.raises(NotFound):
        withdraw_invitee(app, key, "999999", by="A")
    with pytest.raises(InputError):
        withdraw_invitee(app, key, address, by=" ")
    assert states(app) == [INVITED] * 2
