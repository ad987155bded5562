"""A delivery becomes a letter: with its own words, and the same bytes whenever it is written."""

from __future__ import annotations

from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from sqlalchemy import select

from tests.dispatch.post import MARK, Post
from tests.outbox.scene import DOMAIN, content, person
from var_outreach.composing.content import Content, Variant, place
from var_outreach.dispatch import letters as module
from var_outreach.dispatch.letters import Letters
from var_outreach.errors import InputError, NotFound
from var_outreach.outbox.claims import Claimed
from var_outreach.outbox.mailings import set_content
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing
from var_outreach.planning.mail_kinds import MailKind


def parsed(message: bytes) -> EmailMessage:
    found = BytesParser(policy=policy.default).parsebytes(message)
    assert isinstance(found, EmailMessage)
    return found


def claimed(post: Post, delivery_id: int) -> Claimed:
    """Claim until one delivery comes, as another process would read it."""
    for one in post.outbox.claimed(99):
        if one.id == delivery_id:
            return one
    raise AssertionError("it cannot be claimed")


def test_letter_to_a_reader(post: Post) -> None:
    (delivery_id,) = post.newsletter("eva@maasstad.example")
    one = claimed(post, delivery_id)
    envelope = post.letters().write(one)
    assert envelope.recipient == "eva@maasstad.example"
    assert envelope.sender == f"bounce+{one.token}@{DOMAIN}"
    assert envelope.envid == one.token
    message = parsed(envelope.message)
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        assert len(message.get_all(name) or []) == 1
    assert message["Message-ID"] == one.message_id
    assert message["List-Id"] == f"<nieuws.{DOMAIN}>"
    assert message["List-Unsubscribe"] == f"<{one.places['unsubscribe_url']}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] == f"info@{DOMAIN}"
    assert message["X-Outreach-Delivery"] == one.token


@pytest.mark.parametrize("kind", ["newsletter", "invitations"])
def test_written_twice_gives_the_same_bytes(post: Post, kind: str) -> None:
    """Also by another process, a day later, after a crash in the middle."""
    if kind == "newsletter":
        (delivery_id,) = post.newsletter("eva@maasstad.example")
    else:
        (delivery_id,) = post.invitations(1)
    letters = post.letters()
    first = claimed(post, delivery_id)
    once, twice = letters.write(first), letters.write(first)
    post.outbox.started([first])
    post.outbox.put(delivery_id, DeliveryState.QUEUED, lease_by=None)
    post.outbox.clock.advance(timedelta(days=1))
    later = Letters(post.database, MARK).write(claimed(post, delivery_id))
    assert once == twice == later


def test_calendar_mail_is_answered_to_its_organiser(post: Post) -> None:
    (delivery_id,) = post.invitations(1)
    one = claimed(post, delivery_id)
    message = parsed(post.letters().write(one).message)
    assert one.calendar is not None
    assert message["Reply-To"] == one.calendar["organizer_address"]
    assert message["List-Id"] is None
    parts = [part.get_content_type() for part in message.walk()]
    assert parts.count("text/calendar") == parts.count("application/ics") == 1
    stamp = one.dated_at.strftime("%Y%m%dT%H%M%SZ")
    calendar = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    assert f"DTSTAMP:{stamp}" in str(calendar.get_content())
    assert message["Date"].datetime == one.dated_at


def test_what_a_person_writes_is_not_called_generated(post: Post) -> None:
    with post.database.writing() as session:
        mailing = post.outbox.mailing(session, MailKind.AD_HOC)
        post.outbox.enqueue(session, mailing, [person(1)])
        (delivery_id,) = post.outbox.ids(session, mailing.id)
    message = parsed(post.letters().write(claimed(post, delivery_id)).message)
    assert message["Auto-Submitted"] is None


def test_mail_without_a_way_out_is_no_list_mail(post: Post) -> None:
    with post.database.writing() as session:
        mailing = post.outbox.mailing(session, MailKind.AD_HOC)
        post.outbox.enqueue(session, mailing, [person(1, places={"name": "Eva"}), person(2)])
        without, with_link = post.outbox.ids(session, mailing.id)
    both = {one.id: one for one in post.outbox.claimed()}
    letters = post.letters()
    assert parsed(letters.write(both[without]).message)["List-Id"] is None
    assert parsed(letters.write(both[with_link]).message)["List-Id"] is not None


def test_relay_that_allows_no_other_senders(post: Post) -> None:
    (delivery_id,) = post.newsletter("eva@maasstad.example")
    mark = module.Postmark("N", "n@x.example", "n@x.example", "i@x.example", "l.x.example")
    envelope = Letters(post.database, mark).write(claimed(post, delivery_id))
    assert envelope.sender == "n@x.example"
    assert envelope.envid in parsed(envelope.message)["X-Outreach-Delivery"]


@pytest.mark.parametrize(
    ("wanted", "got"),
    [("nl", "nl"), ("en", "en"), ("en/asked", "en/asked"), ("en/other", "en"), ("fr", "en")],
)
def test_variant_else_its_language_else_any(post: Post, wanted: str, got: str) -> None:
    with post.database.writing() as session:
        mailing = post.outbox.mailing(session, with_content=False)
        variants = tuple(
            Variant(key, key[:2], f"subject {key}", key, key) for key in ("nl", "en", "en/asked")
        )
        set_content(session, mailing, Content("newsletter", variants))
        post.outbox.enqueue(session, mailing, [person(1, variant=wanted)])
        (delivery_id,) = post.outbox.ids(session, mailing.id)
    message = parsed(post.letters().write(claimed(post, delivery_id)).message)
    assert message["Subject"] == f"subject {got}"


def test_each_gets_the_words_of_the_version_of_its_row(post: Post) -> None:
    ids = post.newsletter("a@maasstad.example", "b@maasstad.example")
    letters = post.letters()
    one, two = post.outbox.claimed()
    assert "eerste" in parsed(letters.write(one).message)["Subject"]
    post.outbox.started([one])
    with post.database.writing() as session:
        set_content(session, session.scalars(select(Mailing)).one(), content(words="tweede"))
    assert post.outbox.started([two]) == set()
    post.outbox.put(ids[1], DeliveryState.QUEUED, lease_by=None)
    (again,) = post.outbox.claimed()
    assert "tweede" in parsed(letters.write(again).message)["Subject"]
    assert "eerste" in parsed(letters.write(one).message)["Subject"]


def test_places_of_one_do_not_reach_another(post: Post) -> None:
    with post.database.writing() as session:
        mailing = post.outbox.mailing(session, with_content=False)
        words = f"Beste {place('name')}"
        set_content(
            session, mailing, Content("newsletter", (Variant("nl", "nl", "x", words, words),))
        )
        people = [person(number, key=f"contact:{number}") for number in range(5)]
        post.outbox.enqueue(session, mailing, people)
    letters = post.letters()
    for one in post.outbox.claimed():
        body = parsed(letters.write(one).message).get_body(("plain",))
        assert body is not None
        assert body.get_content().strip() == f"Beste {one.name}"


def test_version_that_is_not_there(post: Post) -> None:
    (delivery_id,) = post.newsletter("eva@maasstad.example")
    post.outbox.put(delivery_id, DeliveryState.QUEUED, version=9)
    with pytest.raises(NotFound, match="version 9") as raised:
        post.letters().write(claimed(post, delivery_id))
    assert raised.value.remedy


def test_name_that_holds_a_header(post: Post) -> None:
    (delivery_id,) = post.newsletter("eva@maasstad.example")
    post.outbox.put(delivery_id, DeliveryState.QUEUED, name="Eva\r\nBcc: x@maasstad.example")
    with pytest.raises(InputError):
        post.letters().write(claimed(post, delivery_id))


def test_content_is_read_once_and_kept_within_bounds(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    for number in range(5):
        post.newsletter(f"a{number}@maasstad.example", f"b{number}@maasstad.example")
    letters = post.letters()
    for one in post.outbox.claimed():
        letters.write(one)
        assert len(letters._prepared) <= 3
    with post.database.reading() as session:
        assert len(session.scalars(select(Delivery.id)).all()) == 10
