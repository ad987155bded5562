"""A calendar's answer counts if it is ours, the invitee's own and new; else nothing changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.mailbox.conftest import Post
from tests.mailbox.mails import ORGANISER, calendar, reply
from var_outreach.mailbox.model import MessageKind
from var_outreach.mailbox.verdict import Verdict
from var_outreach.registrations.answers import Answer, record_answer, reopen_after_move
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.tokens import random_token

S = RegistrationState
OTHER = "iemand@elders.example"


def answer(post: Post, invitation: Invitation, **more: Any) -> bytes:
    """A reply of the invitee, but for what ``more`` says."""
    address = post.address_of(invitation)
    to = more.pop("to", post.organiser(invitation))
    sender = more.pop("sender", address)
    mail = {key: more.pop(key) for key in ("delivered_to", "part", "date") if key in more}
    facts: dict[str, Any] = {"uid": invitation.uid, "attendee": f"MAILTO:{address}"}
    return reply(calendar(**(facts | more)), to=to, sender=sender, **mail)


@pytest.mark.parametrize(
    ("partstat", "state"),
    [("ACCEPTED", S.ACCEPTED), ("TENTATIVE", S.TENTATIVE), ("DECLINED", S.DECLINED)],
)
def test_an_answer_is_recorded(post: Post, partstat: str, state: RegistrationState) -> None:
    invitation = post.invite()
    verdict = post.receive(
        answer(post, invitation, partstat=partstat, extra="COMMENT:Met de trein")
    )
    assert (verdict.kind, verdict.token_ok) == (MessageKind.CALENDAR_REPLY, True)
    assert (verdict.partstat, verdict.uid) == (partstat, invitation.uid)
    assert verdict.attendee == verdict.recipient == post.address_of(invitation)
    assert verdict.comment == "Met de trein"
    assert post.state(invitation) == (state, 1)
    (one,) = post.registrations(invitation)
    assert (one.answered_via, one.note) == ("calendar", "Met de trein")


def test_the_token_may_stand_in_the_address_or_in_the_uid(post: Post) -> None:
    by_uid, by_delivered, by_both = post.invite(), post.invite(), post.invite()
    plain = "agenda@agenda.veiligheidsalliantie.example"
    post.drop(answer(post, by_uid, to=plain))
    post.drop(
        answer(post, by_delivered, uid="", to=plain, delivered_to=post.organiser(by_delivered))
    )
    post.drop(answer(post, by_both, uid=by_both.uid.upper()))
    assert [one.token_ok for one in post.read()] == [True, True, True]
    for invitation in (by_uid, by_delivered, by_both):
        assert post.state(invitation) == (S.ACCEPTED, 1)


@pytest.mark.parametrize(
    "part",
    [
        "text/calendar; method=REPLY; charset=utf-8",
        "text/calendar",
        'text/calendar; charset="unheard-of-8"',
        'application/ics; name="invite.ics"',
    ],
)
def test_the_calendar_is_found_however_it_is_labelled(post: Post, part: str) -> None:
    invitation = post.invite()
    post.receive(answer(post, invitation, part=part))
    assert post.state(invitation) == (S.ACCEPTED, 1)


def test_a_calendar_alone_and_nested_and_without_method_line(post: Post) -> None:
    alone, nested = post.invite(), post.invite()
    ics = calendar(uid=alone.uid, attendee=f"mailto:{post.address_of(alone)}", method="")
    head = f"From: {post.address_of(alone)}\r\nTo: {post.organiser(alone)}\r\n"
    post.drop(f"{head}Content-Type: text/calendar; method=reply\r\n\r\n{ics}".encode())
    inner = answer(post, nested)
    post.drop(
        f"From: {post.address_of(nested)}\r\nTo: {post.organiser(nested)}\r\n"
        'Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n'.encode()
        + inner[inner.index(b"Content-Type: multipart") :]
        + b"\r\n--out--\r\n"
    )
    post.read()
    assert post.state(alone) == (S.ACCEPTED, 1)
    assert post.state(nested) == (S.ACCEPTED, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"dtstamp": "gisteren"},
        {"dtstamp": None},
        {"sequence": "veel"},
        {"sequence": None},
        {"extra": "RRULE:FREQ=NOOIT\r\nX-GEK;;=:=\r\nzonder dubbele punt\r\nDTEND;TZID=??:nooit"},
    ],
)
def test_what_a_client_writes_wrong_does_not_cost_the_answer(post: Post, wrong: Any) -> None:
    invitation = post.invite()
    post.receive(answer(post, invitation, **wrong))
    assert post.state(invitation) == (S.ACCEPTED, 1)


def test_a_guessed_token_changes_nothing(post: Post) -> None:
    invitation = post.invite()
    for _ in range(40):
        token = random_token()
        post.drop(
            answer(
                post,
                invitation,
                uid=f"{token}@agenda.netwerk.example",
                to=ORGANISER.replace("{token}", token),
            )
        )
    # One letter off, and a UID of which only the token is right.
    one_off = ("b" if invitation.uid[0] == "a" else "a") + invitation.uid[1:]
    post.drop(answer(post, invitation, uid=one_off, to="agenda@x.example"))
    post.drop(answer(post, invitation, uid=f"{invitation.token}@elders.example", to="a@x.example"))
    verdicts = post.read()
    assert len(verdicts) == 42
    assert not any(verdict.token_ok for verdict in verdicts)
    assert post.state(invitation) == (S.INVITED, 0)


def test_a_forged_sender_without_the_token_changes_nothing(post: Post) -> None:
    invitation = post.invite()
    verdict = post.receive(
        answer(post, invitation, uid="", to="agenda@agenda.veiligheidsalliantie.example")
    )
    assert (verdict.token_ok, verdict.recipient) == (False, None)
    assert post.state(invitation) == (S.INVITED, 0)


@pytest.mark.parametrize(
    "stranger",
    [
        {"sender": OTHER},
        {"sender": ""},
        {"attendee": f"mailto:{OTHER}"},
        {"attendee": f"mailto:{OTHER}", "sender": OTHER},
        {"attendee": ""},
    ],
)
def test_who_was_not_invited_is_left_to_staff(post: Post, stranger: Any) -> None:
    invitation = post.invite()
    verdict = post.receive(answer(post, invitation, **stranger))
    assert (verdict.token_ok, verdict.for_staff) == (True, True)
    assert post.state(invitation) == (S.INVITED, 0)


def test_somebody_who_writes_for_the_invitee_counts_as_the_invitee(post: Post) -> None:
    own, office = post.invite(), post.invite(offices=1)
    address = post.address_of(own)
    assistant = address.replace("persoon", "secretaris")
    post.drop(answer(post, own, sender=assistant, params=f';SENT-BY="mailto:{assistant}"'))
    holder = post.office(office, 0).holder
    assert holder is not None
    post.drop(answer(post, office, attendee=f"mailto:{holder.address}"))
    post.read()
    assert post.state(own) == (S.ACCEPTED, 1)
    assert post.state(office) == (S.ACCEPTED, 1)


def test_a_replayed_or_older_reply_changes_nothing(post: Post) -> None:
    invitation = post.invite()
    accepted = answer(post, invitation, dtstamp="20250106T080000Z")
    declined = answer(post, invitation, partstat="DECLINED", dtstamp="20250106T081500Z")
    post.receive(accepted)
    post.receive(declined)
    assert post.state(invitation) == (S.CANCELLED, 2)
    # Byte for byte, it was read before; with a header more, its DTSTAMP gives it away.
    post.drop(accepted)
    assert post.read() == []
    verdict = post.receive(b"X-Again: 1\r\n" + accepted)
    assert "newer" in verdict.verdict
    assert post.state(invitation) == (S.CANCELLED, 2)


def test_the_same_answer_again_changes_nothing(post: Post) -> None:
    invitation = post.invite()
    for minute in (1, 2, 3):
        post.receive(answer(post, invitation, dtstamp=f"20250106T08{minute:02}00Z"))
    assert post.state(invitation) == (S.ACCEPTED, 1)


def test_a_dtstamp_or_sequence_from_the_future_shuts_nobody_out(post: Post) -> None:
    invitation = post.invite(sequence=1)
    post.receive(answer(post, invitation, dtstamp="20991231T235959Z", sequence=999999))
    assert post.state(invitation) == (S.ACCEPTED, 1)
    later = post.now + timedelta(hours=1)
    post.receive(
        answer(post, invitation, partstat="DECLINED", sequence=1, dtstamp="20250106T095000Z"),
        now=later,
    )
    assert post.state(invitation) == (S.CANCELLED, 2)


def test_a_reply_to_the_old_date_does_not_count_for_the_new_one(post: Post) -> None:
    invitation = post.invite(sequence=1)
    with post.database.writing() as session:
        mine = session.get_one(Invitation, invitation.id)
        reopen_after_move(session, mine.event, now=post.now)
        mine.sequence = 2
    stale = post.receive(answer(post, invitation, sequence=1))
    assert stale.for_staff
    assert post.state(invitation) == (S.INVITED, 0)
    post.receive(answer(post, invitation, sequence=2))
    assert post.state(invitation) == (S.ACCEPTED, 1)


def test_a_change_on_the_same_date_makes_no_reply_stale(post: Post) -> None:
    invitation = post.invite(sequence=3)
    post.receive(answer(post, invitation, sequence=0))
    assert post.state(invitation) == (S.ACCEPTED, 1)


def say(post: Post, registration: Registration, choice: RegistrationState) -> None:
    with post.database.writing() as session:
        mine = session.get_one(Registration, registration.id)
        record_answer(session, mine, Answer(choice), via="page", now=post.now)


def test_offices_that_answered_on_the_page_keep_that_answer(post: Post) -> None:
    invitation = post.invite(offices=3)
    say(post, post.registrations(invitation)[0], S.DECLINED)
    post.receive(answer(post, invitation, dtstamp="20250106T091500Z"))
    assert post.states(invitation) == [(S.DECLINED, 1), (S.ACCEPTED, 1), (S.ACCEPTED, 1)]


def test_the_holder_of_one_office_answers_for_that_office(post: Post) -> None:
    invitation = post.invite(offices=2)
    holder = post.office(invitation, 1).holder
    assert holder is not None
    post.receive(answer(post, invitation, attendee=f"mailto:{holder.address}"))
    assert post.states(invitation) == [(S.INVITED, 0), (S.ACCEPTED, 1)]


@pytest.mark.parametrize(
    ("stamp", "after"), [("20250106T100000Z", S.CANCELLED), ("20250106T080000Z", S.ACCEPTED)]
)
def test_of_page_and_calendar_the_newer_counts(
    post: Post, stamp: str, after: RegistrationState
) -> None:
    invitation = post.invite()
    say(post, post.registrations(invitation)[0], S.ACCEPTED)
    verdict = post.receive(
        answer(post, invitation, partstat="DECLINED", dtstamp=stamp),
        now=post.now + timedelta(hours=2),
    )
    assert post.state(invitation)[0] is after
    assert verdict.for_staff is (after is S.ACCEPTED)


def test_accepting_a_full_event_is_waiting(post: Post) -> None:
    invitation = post.invite(capacity=0)
    verdict = post.receive(answer(post, invitation))
    assert "waitlisted" in verdict.verdict
    assert post.state(invitation) == (S.WAITLISTED, 1)


def test_too_late_is_left_to_staff(post: Post) -> None:
    invitation = post.invite(answer_by_on=post.now.date() - timedelta(days=1))
    verdict = post.receive(answer(post, invitation))
    assert verdict.for_staff
    assert "last day" in verdict.verdict
    assert post.state(invitation) == (S.INVITED, 0)


@pytest.mark.parametrize(
    ("asks", "kind"),
    [
        ({"method": "COUNTER", "partstat": "TENTATIVE"}, MessageKind.COUNTER),
        ({"method": "REFRESH"}, MessageKind.REFRESH),
        ({"method": "REFRESH", "attendee": ""}, MessageKind.REFRESH),
        (
            {"partstat": "DELEGATED", "params": f';DELEGATED-TO="mailto:{OTHER}"'},
            MessageKind.DELEGATION,
        ),
    ],
)
def test_what_is_no_plain_answer_waits_for_staff(
    post: Post, asks: dict[str, Any], kind: MessageKind
) -> None:
    invitation = post.invite()
    verdict = post.receive(answer(post, invitation, **asks))
    assert (verdict.kind, verdict.for_staff) == (kind, True)
    assert post.state(invitation) == (S.INVITED, 0)


@pytest.mark.parametrize("partstat", ["NEEDS-ACTION", "X-MISSCHIEN", ""])
def test_no_answer_is_no_answer(post: Post, partstat: str) -> None:
    invitation = post.invite()
    post.receive(answer(post, invitation, partstat=partstat))
    assert post.state(invitation) == (S.INVITED, 0)


@pytest.mark.parametrize("method", ["REQUEST", "PUBLISH", "CANCEL"])
def test_our_own_kinds_of_calendar_are_no_reply(post: Post, method: str) -> None:
    invitation = post.invite()
    verdict = post.receive(
        answer(post, invitation, method=method, part="text/calendar; charset=utf-8")
    )
    assert verdict.kind is MessageKind.OTHER
    assert post.state(invitation) == (S.INVITED, 0)


def test_two_invitations_in_one_reply_contradict_each_other(post: Post) -> None:
    first, second = post.invite(), post.invite()
    verdict = post.receive(answer(post, first, to=post.organiser(second)))
    assert verdict.for_staff
    for invitation in (first, second):
        assert post.state(invitation) == (S.INVITED, 0)


def test_a_reply_about_another_entry_is_not_ours(post: Post) -> None:
    invitation = post.invite()
    verdict = post.receive(answer(post, invitation, uid="040000008200E00074C5B7101A82E008"))
    assert (verdict.token_ok, verdict.for_staff) == (False, True)
    assert post.state(invitation) == (S.INVITED, 0)


def test_a_dry_run_tells_and_keeps_nothing(post: Post) -> None:
    invitation = post.invite()
    post.drop(answer(post, invitation))
    (tried,) = post.read(dry_run=True)
    assert "recorded" in tried.verdict
    assert post.state(invitation) == (S.INVITED, 0)
    (done,) = post.read()
    assert done == tried
    assert post.state(invitation) == (S.ACCEPTED, 1)


def test_an_attached_reply_of_somebody_else_is_not_looked_into(post: Post) -> None:
    invitation = post.invite()
    inner = answer(post, invitation)
    outer: Verdict = post.receive(
        b"From: c@gemeente.example\r\nTo: info@x.example\r\nContent-Type: multipart/mixed; "
        b'boundary="o"\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n'
        + inner
        + b"\r\n--o--\r\n"
    )
    assert outer.kind is MessageKind.OTHER
    assert post.state(invitation) == (S.INVITED, 0)
