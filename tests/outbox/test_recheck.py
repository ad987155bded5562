"""Between enqueue and claim the world goes on: what must not go any more does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.outbox.scene import Outbox, entry, person
from tests.registrations.scene import Scene
from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.store import change_event
from var_outreach.outbox.model import Delivery
from var_outreach.people.model import Subscription, SubscriptionState, SuppressionReason
from var_outreach.people.subscriptions import ask, confirm, leave
from var_outreach.people.suppression import lift, suppress
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.model import Registration, RegistrationState

OFF = [EventState.CANCELLED, EventState.POSTPONED]


def test_suppressed_address(outbox: Outbox) -> None:
    outbox.queued(count=2)
    app, now = outbox.app, outbox.clock.now()
    with app.database.writing() as session:
        address = session.get_one(Delivery, 1).address.upper()
        suppress(
            session, address, SuppressionReason.COMPLAINT,
            evidence=None, now=now, signer=app.signer,
        )  # fmt: skip
    assert len(outbox.send_all()) == 1
    assert outbox.states() == {"suppressed": 1, "sent": 1}


def test_lifted_suppression_lets_mail_through(outbox: Outbox) -> None:
    outbox.queued()
    app, now = outbox.app, outbox.clock.now()
    with app.database.writing() as session:
        address = session.get_one(Delivery, 1).address
        suppress(
            session, address, SuppressionReason.REQUEST,
            evidence=None, now=now, signer=app.signer,
        )  # fmt: skip
        lift(session, address, now=now, signer=app.signer)
    assert len(outbox.send_all()) == 1


def subscribed(outbox: Outbox, kind: MailKind, *, is_confirmed: bool = True) -> int:
    asked: dict[str, Any] = {"source": "test", "wording": "1", "now": outbox.clock.now()}
    with outbox.app.database.writing() as session:
        subscription = ask(session, "noor@maasstad.example", "Noor", "nl", **asked)
        session.flush()
        if is_confirmed:
            confirm(session, subscription.id, **asked)
        mailing = outbox.mailing(session, kind)
        outbox.enqueue(session, mailing, [person(1, key=f"subscription:{subscription.id}")])
        return subscription.id


def test_who_left_the_list_gets_no_newsletter(outbox: Outbox) -> None:
    subscription_id = subscribed(outbox, MailKind.NEWSLETTER)
    with outbox.app.database.writing() as session:
        token = session.get_one(Subscription, subscription_id).token
        leave(session, token, source="test", now=outbox.clock.now())
    assert outbox.send_all() == []
    assert outbox.states() == {"unsubscribed": 1}


def test_who_stays_gets_it(outbox: Outbox) -> None:
    subscribed(outbox, MailKind.NEWSLETTER)
    assert len(outbox.send_all()) == 1


def test_who_never_confirmed_gets_the_question_and_no_newsletter(outbox: Outbox) -> None:
    subscribed(outbox, MailKind.SUBSCRIPTION, is_confirmed=False)
    assert len(outbox.send_all()) == 1
    outbox.clock.advance(timedelta(days=2))
    subscribed(outbox, MailKind.NEWSLETTER, is_confirmed=False)
    assert outbox.send_all() == []


@pytest.mark.parametrize("state", list(SubscriptionState))
@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (MailKind.SUBSCRIPTION, SubscriptionState.PENDING),
        (MailKind.NEWSLETTER, SubscriptionState.ACTIVE),
    ],
)
def test_how_a_subscription_stands_when_its_mail_is_taken_decides(
    outbox: Outbox, kind: MailKind, wanted: SubscriptionState, state: SubscriptionState
) -> None:
    """Whoever confirmed or left meanwhile is not asked; who did not confirm gets no news."""
    subscription_id = subscribed(outbox, kind, is_confirmed=kind is MailKind.NEWSLETTER)
    with outbox.app.database.writing() as session:
        session.get_one(Subscription, subscription_id).state = state
    outbox.send_all()
    assert outbox.states() == {"sent" if state is wanted else "unsubscribed": 1}


def test_past_its_time(outbox: Outbox) -> None:
    end = outbox.clock.now() + timedelta(hours=2)
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, MailKind.REMINDER, expires_at=end)
        outbox.enqueue(session, mailing, [person(1), person(2)])
    outbox.clock.move_to(end)
    assert len(outbox.claimed(1)) == 1
    outbox.clock.advance(timedelta(seconds=1))
    assert outbox.claimed() == []
    assert outbox.states() == {"claimed": 1, "expired": 1}


class About:
    """One event with one mailbox and as many offices as asked for, and mail about it."""

    def __init__(self, outbox: Outbox, scene: Scene, offices: int = 1) -> None:
        self.outbox = outbox
        with outbox.app.database.writing() as session:
            event = scene.event(session)
            (first,) = scene.invited(session, event, 1)
            self.event_id, self.invitation_id = event.id, first.invitation_id
            for _ in range(offices - 1):
                office = scene.office(session)
                session.add(
                    Registration(
                        event_id=event.id,
                        invitation_id=first.invitation_id,
                        function_id=office.id,
                        contact_id=first.contact_id,
                        state=RegistrationState.INVITED,
                        attendee_name="",
                        created_at=outbox.clock.now(),
                    )
                )
            session.flush()
            session.refresh(first.invitation)
            self.registration_ids = [row.id for row in first.invitation.registrations]

    def mail(self, kind: MailKind) -> None:
        with self.outbox.app.database.writing() as session:
            mailing = self.outbox.mailing(session, kind)
            one = person(
                1,
                key=f"invitation:{self.invitation_id}",
                invitation_id=self.invitation_id,
                calendar=entry(),
            )
            self.outbox.enqueue(session, mailing, [one])

    def event(self, state: EventState) -> None:
        with self.outbox.app.database.writing() as session:
            session.get_one(Event, self.event_id).state = state

    def change(self, **fields: Any) -> None:
        """Change the event as staff do; its date moves by as many ``days``."""
        with self.outbox.app.database.writing() as session:
            event = session.get_one(Event, self.event_id)
            if away := timedelta(days=fields.pop("days", 0)):
                assert event.on_date is not None
                fields |= {"on_date": event.on_date + away}
                for name in ("starts_at", "ends_at"):
                    if (moment := getattr(event, name)) is not None:
                        fields[name] = moment + away
            change_event(session, event, fields, by="staf", now=self.outbox.clock.now())

    def answers(self, *states: RegistrationState) -> None:
        with self.outbox.app.database.writing() as session:
            for one, state in zip(self.registration_ids, states, strict=True):
                session.get_one(Registration, one).state = state

    def outcome(self) -> str:
        self.outbox.send_all()
        (state,) = self.outbox.states()
        return state


@pytest.mark.parametrize("state", OFF)
@pytest.mark.parametrize(
    "kind",
    [kind for kind in MailKind if kind not in {MailKind.NEWSLETTER, MailKind.SUBSCRIPTION}],
)
def test_of_an_event_that_is_off_only_that_is_told(
    outbox: Outbox, scene: Scene, kind: MailKind, state: EventState
) -> None:
    about = About(outbox, scene)
    about.mail(kind)
    about.event(state)
    told = {MailKind.CANCELLATION, MailKind.WITHDRAWAL, MailKind.LOOK_BACK}
    assert about.outcome() == ("sent" if kind in told else "cancelled")


def test_cancellation_of_what_is_on_again(outbox: Outbox, scene: Scene) -> None:
    about = About(outbox, scene)
    about.event(EventState.CANCELLED)
    about.mail(MailKind.CANCELLATION)
    about.event(EventState.CONFIRMED)
    assert about.outcome() == "superseded"


@pytest.mark.parametrize(
    ("kind", "answer", "outcome"),
    [
        (MailKind.REMINDER, RegistrationState.INVITED, "sent"),
        (MailKind.REMINDER, RegistrationState.ACCEPTED, "answered"),
        (MailKind.REMINDER, RegistrationState.TENTATIVE, "answered"),
        (MailKind.REMINDER, RegistrationState.DECLINED, "answered"),
        (MailKind.REMINDER, RegistrationState.WAITLISTED, "answered"),
        (MailKind.REMINDER, RegistrationState.CANCELLED, "answered"),
        (MailKind.PARTICIPANT_REMINDER, RegistrationState.ACCEPTED, "sent"),
        (MailKind.PARTICIPANT_REMINDER, RegistrationState.CANCELLED, "answered"),
        (MailKind.PARTICIPANT_REMINDER, RegistrationState.INVITED, "answered"),
        (MailKind.UPDATE, RegistrationState.ACCEPTED, "sent"),
        (MailKind.INVITATION, RegistrationState.ACCEPTED, "sent"),
    ],
)
def test_who_answered_meanwhile(
    outbox: Outbox, scene: Scene, kind: MailKind, answer: RegistrationState, outcome: str
) -> None:
    about = About(outbox, scene)
    about.mail(kind)
    about.answers(answer)
    assert about.outcome() == outcome


@pytest.mark.parametrize(
    "kind", [MailKind.CONFIRMATION, MailKind.WAITLIST, MailKind.PROMOTION, MailKind.WITHDRAWAL]
)
def test_answer_that_counts_no_more_is_not_confirmed(
    outbox: Outbox, scene: Scene, kind: MailKind
) -> None:
    """The event moved and everybody is asked anew; who was taken off is told so all the same."""
    about = About(outbox, scene)
    about.mail(kind)
    about.answers(RegistrationState.INVITED)
    assert about.outcome() == ("sent" if kind is MailKind.WITHDRAWAL else "superseded")


def test_one_of_three_offices_is_still_silent(outbox: Outbox, scene: Scene) -> None:
    about = About(outbox, scene, offices=3)
    about.mail(MailKind.REMINDER)
    about.answers(RegistrationState.ACCEPTED, RegistrationState.DECLINED, RegistrationState.INVITED)
    assert about.outcome() == "sent"


def test_all_of_three_offices_answered(outbox: Outbox, scene: Scene) -> None:
    about = About(outbox, scene, offices=3)
    about.mail(MailKind.REMINDER)
    about.answers(
        RegistrationState.ACCEPTED, RegistrationState.DECLINED, RegistrationState.TENTATIVE
    )
    assert about.outcome() == "answered"


# ---- the event moved, or has begun

ABOUT_THE_MOMENT = [
    MailKind.SAVE_THE_DATE,
    MailKind.INVITATION,
    MailKind.REMINDER,
    MailKind.UPDATE,
]


@pytest.mark.parametrize("kind", ABOUT_THE_MOMENT)
def test_an_old_date_does_not_go_after_the_move(
    outbox: Outbox, scene: Scene, kind: MailKind
) -> None:
    about = About(outbox, scene)
    about.mail(kind)
    outbox.clock.advance(timedelta(minutes=5))
    about.change(days=7)
    assert about.outcome() == "superseded"


@pytest.mark.parametrize("kind", ABOUT_THE_MOMENT)
def test_what_was_made_after_the_move_goes(outbox: Outbox, scene: Scene, kind: MailKind) -> None:
    about = About(outbox, scene)
    outbox.clock.advance(timedelta(minutes=5))
    about.change(days=7)
    about.mail(kind)
    assert about.outcome() == "sent"


def test_what_was_made_in_the_second_of_the_move_goes(outbox: Outbox, scene: Scene) -> None:
    """A mail is dated in whole seconds, so it may seem older than the move it tells of."""
    about = About(outbox, scene)
    outbox.clock.advance(timedelta(minutes=5, microseconds=400_000))
    about.change(days=7)
    outbox.clock.advance(timedelta(microseconds=200_000))
    about.mail(MailKind.UPDATE)
    assert about.outcome() == "sent"


def test_another_room_is_no_other_date(outbox: Outbox, scene: Scene) -> None:
    about = About(outbox, scene)
    about.mail(MailKind.INVITATION)
    outbox.clock.advance(timedelta(minutes=5))
    about.change(place="Stadhuis Schiedam")
    assert about.outcome() == "sent"


def test_a_first_date_is_no_move(outbox: Outbox, scene: Scene) -> None:
    """What waits was made when nothing had moved, whenever the date became known."""
    about = About(outbox, scene)
    about.mail(MailKind.INVITATION)
    outbox.clock.advance(timedelta(minutes=5))
    with outbox.app.database.writing() as session:
        session.get_one(Event, about.event_id).date_known_at = outbox.clock.now()
    assert about.outcome() == "sent"


@pytest.mark.parametrize("kind", [MailKind.WITHDRAWAL, MailKind.LOOK_BACK])
def test_what_is_not_about_the_date_goes_after_a_move(
    outbox: Outbox, scene: Scene, kind: MailKind
) -> None:
    about = About(outbox, scene)
    about.mail(kind)
    outbox.clock.advance(timedelta(minutes=5))
    about.change(days=7)
    assert about.outcome() == "sent"


ONCE_IT_HAS_BEGUN = [
    MailKind.INVITATION,
    MailKind.UPDATE,
    MailKind.CONFIRMATION,
    MailKind.WAITLIST,
    MailKind.PROMOTION,
    MailKind.WITHDRAWAL,
    MailKind.PARTICIPANT_REMINDER,
]


@pytest.mark.parametrize("kind", ONCE_IT_HAS_BEGUN)
@pytest.mark.parametrize("early", [timedelta(seconds=1), timedelta(0)])
def test_nothing_but_the_look_back_goes_once_it_has_begun(
    outbox: Outbox, scene: Scene, kind: MailKind, early: timedelta
) -> None:
    """These notices have no last moment of their own; a mail server may have been down for days."""
    about = About(outbox, scene)
    about.mail(kind)
    about.answers(RegistrationState.ACCEPTED)
    with outbox.app.database.reading() as session:
        begins_at = session.get_one(Event, about.event_id).starts_at
    assert begins_at is not None
    outbox.clock.move_to(begins_at - early)
    assert about.outcome() == ("sent" if early else "expired")


def test_of_what_has_begun_nobody_hears_that_it_is_off(outbox: Outbox, scene: Scene) -> None:
    about = About(outbox, scene)
    about.event(EventState.CANCELLED)
    about.mail(MailKind.CANCELLATION)
    outbox.clock.advance(timedelta(days=60))
    assert about.outcome() == "expired"


@pytest.mark.parametrize("kind", [MailKind.CONFIRMATION, MailKind.LOOK_BACK])
def test_an_event_without_hours_is_over_when_it_was_held(
    outbox: Outbox, scene: Scene, kind: MailKind
) -> None:
    about = About(outbox, scene)
    about.change(starts_at=None, ends_at=None)
    about.mail(kind)
    about.answers(RegistrationState.ACCEPTED)
    outbox.clock.advance(timedelta(days=61))
    about.event(EventState.HELD)
    assert about.outcome() == ("sent" if kind is MailKind.LOOK_BACK else "expired")


def test_an_event_without_hours_has_not_begun_on_its_day(outbox: Outbox, scene: Scene) -> None:
    about = About(outbox, scene)
    about.change(starts_at=None, ends_at=None)
    about.mail(MailKind.CONFIRMATION)
    about.answers(RegistrationState.ACCEPTED)
    outbox.clock.advance(timedelta(days=60))
    assert about.outcome() == "sent"
