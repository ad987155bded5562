"""Who is offered the successor of a postponed event first, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.agenda.model import Event
from var_outreach.audiences.before import resolve_accepted_before
from var_outreach.people.model import Contact, Function, SuppressionReason
from var_outreach.people.suppression import suppress
from var_outreach.registrations.invitees import invite, withdraw
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

S = RegistrationState
FIRST = (S.ACCEPTED, S.REPRESENTED)
DAY = date(2026, 3, 16)


@pytest.fixture
def scene(now: datetime) -> Scene:
    return Scene(now)


def office(
    scene: Scene,
    session: Session,
    event: Event,
    state: RegistrationState,
    desk: Contact | None = None,
) -> Registration:
    """Invite an office, reached at ``desk`` where that is given."""
    function = scene.office(session)
    function.secretariat_id = desk.id if desk else None
    session.flush()
    mailbox = desk.id if desk else function.holder_id
    assert mailbox is not None
    invite(session, event, Invited(mailbox, (function.id,)), uid_domain=DOMAIN, now=scene.now)
    row = session.query(Registration).filter_by(event_id=event.id, function_id=function.id).one()
    row.state = state
    return row


def person(
    scene: Scene, session: Session, event: Event, state: RegistrationState, **fields: object
) -> Registration:
    (row,) = scene.invited(session, event, 1)
    row.state = state
    for name, value in fields.items():
        setattr(row, name, value)
    session.flush()
    return row


def found(
    session: Session, event: Event, signer: Signer, states: tuple[S, ...] = FIRST
) -> dict[int, tuple[int, ...]]:
    session.flush()
    resolved = resolve_accepted_before(session, event.id, states, on_date=DAY, signer=signer)
    return {one.contact_id: one.function_ids for one in resolved.recipients}


def test_who_had_accepted_and_no_other(database: Database, scene: Scene, signer: Signer) -> None:
    with database.writing() as session:
        event = scene.event(session)
        rows = {state: office(scene, session, event, state) for state in S}
        coming = person(scene, session, event, S.ACCEPTED)
        person(scene, session, event, S.TENTATIVE)
        assert found(session, event, signer) == {
            rows[S.ACCEPTED].contact_id: (rows[S.ACCEPTED].function_id,),
            rows[S.REPRESENTED].contact_id: (rows[S.REPRESENTED].function_id,),
            coming.contact_id: (),
        }
        waited = rows[S.WAITLISTED]
        assert found(session, event, signer, (S.WAITLISTED,)) == {
            waited.contact_id: (waited.function_id,)
        }


def test_an_office_that_was_represented_is_asked_and_not_who_came_instead(
    database: Database, scene: Scene, signer: Signer
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        mayor = office(scene, session, event, S.REPRESENTED)
        substitute = person(scene, session, event, S.ACCEPTED, brought_by_id=mayor.id)
        mayor.represented_by_id = substitute.id
        colleague = person(scene, session, event, S.ACCEPTED, brought_by_id=mayor.id)
        # A colleague without an address of their own stands on the mailbox of the office.
        session.add(
            Registration(
                event_id=event.id, invitation_id=mayor.invitation_id, contact_id=mayor.contact_id,
                brought_by_id=mayor.id, state=S.ACCEPTED, attendee_name="Collega",
                created_at=scene.now,
            )
        )  # fmt: skip
        assert found(session, event, signer) == {
            mayor.contact_id: (mayor.function_id,),
            colleague.contact_id: (),
        }


def test_one_mailbox_is_asked_for_all_its_offices_that_were_invited(
    database: Database, scene: Scene, signer: Signer
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        desk = scene.contact(session, "Bestuurssecretariaat")
        rows = [office(scene, session, event, one, desk) for one in (S.ACCEPTED, S.DECLINED)]
        gone = office(scene, session, event, S.INVITED, desk)
        withdraw(session, gone, by="staf", now=scene.now)
        other = office(scene, session, event, S.DECLINED)
        assert found(session, event, signer) == {
            desk.id: tuple(row.function_id for row in rows if row.function_id)
        }
        assert other.contact_id not in found(session, event, signer)


def _ends(session: Session, row: Registration, signer: Signer) -> None:
    assert row.function is not None
    row.function.until_on = date(2025, 12, 31)


def _loses_mailbox(session: Session, row: Registration, signer: Signer) -> None:
    row.contact.address = None


def _is_suppressed(session: Session, row: Registration, signer: Signer) -> None:
    assert row.contact.address is not None
    suppress(
        session, row.contact.address, SuppressionReason.HARD_BOUNCE, evidence=None,
        now=row.created_at, signer=signer,
    )  # fmt: skip


@pytest.mark.parametrize("happens", [_ends, _loses_mailbox, _is_suppressed])
def test_whom_no_mail_reaches_any_more_is_left_out(
    database: Database,
    scene: Scene,
    signer: Signer,
    happens: Callable[[Session, Registration, Signer], None],
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        row = office(scene, session, event, S.ACCEPTED)
        happens(session, row, signer)
        assert found(session, event, signer) == {}


def test_an_office_is_asked_at_the_mailbox_that_it_has_now(
    database: Database, scene: Scene, signer: Signer
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        row = office(scene, session, event, S.ACCEPTED)
        desk = scene.contact(session, "Nieuw secretariaat")
        function = session.get_one(Function, row.function_id)
        function.secretariat = desk
        assert found(session, event, signer) == {desk.id: (function.id,)}
        assert session.get_one(Invitation, row.invitation_id).contact_id != desk.id
