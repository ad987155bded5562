"""Who is invited: one mailbox, one invitation, an answer for every office."""

from __future__ import annotations

from datetime import datetime

from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.registrations import store
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.invitees import invitation_for, invite, withdraw
from var_outreach.registrations.model import RegistrationState
from var_outreach.storage.engine import Database


def test_offices_that_share_a_mailbox_share_an_invitation(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        secretariat = scene.contact(session, "Bestuurssecretariaat")
        offices = [
            scene.office(session, role) for role in ("burgemeester", "wethouder", "adviseur")
        ]
        who = Invited(secretariat.id, tuple(office.id for office in offices))
        token = invite(session, event, who, uid_domain=DOMAIN, now=now).token
        again = invite(session, event, who, uid_domain=DOMAIN, now=now)
        assert again.token == token
    with database.reading() as session:
        invitation = store.invitation_by_token(session, token)
        assert invitation is not None
        session.expunge_all()  # all that a page shows is loaded
        assert invitation.uid == f"{token}@{DOMAIN}"
        assert (invitation.event.kind, invitation.contact.name) == (
            "leerhuis",
            "Bestuurssecretariaat",
        )
        shown = [
            (one.function.role, one.function.organisation.name, one.attendee_name)
            for one in invitation.registrations
            if one.function is not None and one.function.holder is not None
        ]
        assert [role for role, _, _ in shown] == ["burgemeester", "wethouder", "adviseur"]
        assert all(
            one.function is not None
            and one.function.holder is not None
            and one.attendee_name == one.function.holder.name
            for one in invitation.registrations
        )
        assert {one.state for one in invitation.registrations} == {RegistrationState.INVITED}
        assert {one.version for one in invitation.registrations} == {0}


def test_an_office_added_later_joins_the_same_invitation(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event, box = scene.event(session), scene.contact(session)
        first, second = scene.office(session), scene.office(session)
        one = invite(session, event, Invited(box.id, (first.id,)), uid_domain=DOMAIN, now=now)
        record_answer(
            session, one.registrations[0], Answer(RegistrationState.ACCEPTED), via="page", now=now
        )
        both = invite(
            session, event, Invited(box.id, (first.id, second.id)), uid_domain=DOMAIN, now=now
        )
        session.refresh(both)
        assert both.id == one.id
        assert [r.state for r in both.registrations] == [
            RegistrationState.ACCEPTED,
            RegistrationState.INVITED,
        ]


def test_an_office_that_moved_to_another_mailbox_keeps_its_entry(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event, office = scene.event(session), scene.office(session)
        old, new = scene.contact(session), scene.contact(session)
        before = invite(session, event, Invited(old.id, (office.id,)), uid_domain=DOMAIN, now=now)
        after = invite(session, event, Invited(new.id, (office.id,)), uid_domain=DOMAIN, now=now)
        assert after.id == before.id
        assert store.invitations_of_contact(session, new.id) == []


def test_inviting_again_does_not_undo_a_withdrawal(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event, person = scene.event(session), scene.contact(session)
        invitation = invite(session, event, Invited(person.id), uid_domain=DOMAIN, now=now)
        withdraw(session, invitation.registrations[0], by="staf", now=now)
        again = invite(session, event, Invited(person.id), uid_domain=DOMAIN, now=now)
        assert [one.state for one in again.registrations] == [RegistrationState.CANCELLED]


def test_tokens_and_unknown_ones(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event, person = scene.event(session), scene.contact(session)
        one = invitation_for(session, event, person, uid_domain=DOMAIN, now=now)
        assert invitation_for(session, event, person, uid_domain=DOMAIN, now=now).id == one.id
        assert store.invitation_by_uid(session, one.uid) is one
        assert store.invitation_by_token(session, "a" * 26) is None
        assert store.invitation_by_token(session, "") is None
