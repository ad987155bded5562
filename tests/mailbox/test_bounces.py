"""A report suppresses an address only with our token, and only if the address is at fault."""

from __future__ import annotations

import pytest

from tests.mailbox.conftest import Post
from tests.mailbox.mails import BOUNCES, crlf, report
from var_outreach.mailbox.model import MessageKind
from var_outreach.people.model import SuppressionReason
from var_outreach.people.suppression import is_suppressed
from var_outreach.tokens import random_token

ADDRESS = "weg@gemeente.example"


def suppressed(post: Post, address: str = ADDRESS) -> SuppressionReason | None:
    with post.database.reading() as session:
        return is_suppressed(session, address, signer=post.signer)


@pytest.mark.parametrize("where", ["verp", "header", "headers only", "message-id", "envid"])
def test_a_hard_bounce_with_our_token(post: Post, where: str) -> None:
    delivery = post.deliver()
    token = delivery.token
    raw = {
        "verp": lambda: report(to=BOUNCES.replace("{token}", token)),
        "header": lambda: report(returned=f"From: a@b.example\r\nX-Outreach-Delivery: {token}"),
        "headers only": lambda: report(
            returned=f"X-Outreach-Delivery: {token}", returned_type="text/rfc822-headers"
        ),
        "message-id": lambda: report(returned=f"Message-ID: {delivery.message_id}"),
        "envid": lambda: report().replace(
            b"Reporting-MTA", f"Original-Envelope-Id: {token}\r\nReporting-MTA".encode()
        ),
    }[where]()
    verdict = post.receive(raw)
    assert (verdict.kind, verdict.hard, verdict.token_ok) == (MessageKind.BOUNCE, True, True)
    assert (verdict.status, verdict.code, verdict.recipient) == ("5.1.1", 550, ADDRESS)
    assert suppressed(post) is SuppressionReason.HARD_BOUNCE
    assert post.bounced_at(delivery) == post.now


def test_without_our_token_nothing_happens(post: Post) -> None:
    delivery = post.deliver()
    for _ in range(20):
        post.drop(report(to=BOUNCES.replace("{token}", random_token())))
    post.drop(report())
    post.drop(report(returned=f"X-Outreach-Delivery: {random_token()}\r\nTo: {ADDRESS}"))
    post.drop(b"X-Failed-Recipients: weg@gemeente.example\r\n" + report())
    for verdict in post.read():
        assert (verdict.kind, verdict.token_ok) == (MessageKind.BOUNCE, False)
    assert suppressed(post) is None
    assert post.bounced_at(delivery) is None


def test_a_report_can_only_hit_the_address_that_its_token_is_for(post: Post) -> None:
    delivery = post.deliver()
    to = BOUNCES.replace("{token}", delivery.token)
    post.receive(report(to=to, final="rfc822; slachtoffer@gemeente.example"))
    assert suppressed(post, "slachtoffer@gemeente.example") is None
    assert suppressed(post) is SuppressionReason.HARD_BOUNCE


@pytest.mark.parametrize(
    ("status", "diagnostic", "hard"),
    [
        ("5.1.1", "smtp; 550 user unknown", True),
        ("5.1.2", "smtp; 550 no such domain", True),
        ("5.1.10", "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", True),
        ("5.2.1", "smtp; 550 5.2.1 The mailbox is disabled", True),
        ("5.4.4", "X-Postfix; Host not found", True),
        ("5.0.0", "smtp; 550 5.1.1 no such user", True),
        ("5.5.0", "smtp; 550 Requested action not taken: mailbox unavailable", True),
        ("5.2.1", "smtp; 550 5.2.1 receiving mail at a rate that prevents delivery", False),
        ("5.2.2", "smtp; 552 5.2.2 mailbox full", False),
        ("5.0.0", "smtp; 550 mailbox is full", False),
        ("5.0.0", "smtp; 550 Access from ip address blocked", False),
        ("5.7.1", "smtp; 550 5.7.1 message rejected as spam", False),
        ("5.3.4", "smtp; 552 message too big", False),
        ("4.4.7", "smtp; 421 delivery time expired", False),
        ("5.0.0", "smtp; 451 try again", False),
    ],
)
def test_what_is_hard(post: Post, status: str, diagnostic: str, hard: bool) -> None:
    delivery = post.deliver()
    verdict = post.receive(
        report(to=BOUNCES.replace("{token}", delivery.token), status=status, diagnostic=diagnostic)
    )
    assert (verdict.kind, verdict.hard, verdict.token_ok) == (MessageKind.BOUNCE, hard, True)
    assert (suppressed(post) is not None) is hard
    assert (post.bounced_at(delivery) is not None) is hard


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("delayed", MessageKind.DELAYED),
        ("delivered", MessageKind.OTHER),
        ("relayed", MessageKind.OTHER),
    ],
)
def test_what_did_not_fail_is_nothing(post: Post, action: str, kind: MessageKind) -> None:
    delivery = post.deliver()
    status = "4.4.1" if action == "delayed" else "2.0.0"
    verdict = post.receive(
        report(to=BOUNCES.replace("{token}", delivery.token), action=action, status=status)
    )
    assert (verdict.kind, verdict.hard) == (kind, None)
    assert suppressed(post) is None


def test_the_same_bounce_counts_once(post: Post) -> None:
    delivery = post.deliver()
    raw = report(to=BOUNCES.replace("{token}", delivery.token))
    for copy in (raw, raw, b"X-Copy: 1\r\n" + raw):
        post.drop(copy)
    assert len(post.read()) == 2
    assert suppressed(post) is SuppressionReason.HARD_BOUNCE
    assert post.read() == []


def test_a_bounce_in_words_only(post: Post) -> None:
    delivery = post.deliver()
    verdict = post.receive(
        crlf(f"""
        Return-Path: <>
        Envelope-To: {BOUNCES.replace("{token}", delivery.token)}
        X-Failed-Recipients: {ADDRESS}
        Auto-Submitted: auto-replied
        From: Mail Delivery System <Mailer-Daemon@mx.gemeente.example>
        Subject: Mail delivery failed: returning message to sender

        A message that you sent could not be delivered. This is a permanent error.

          {ADDRESS}
            SMTP error from remote mail server after RCPT TO: 550 No such user here

        ------ This is a copy of the message, including all the headers. ------
        Subject: quota full, try again
        """)
    )
    assert (verdict.kind, verdict.hard, verdict.code) == (MessageKind.BOUNCE, True, 550)
    assert suppressed(post) is SuppressionReason.HARD_BOUNCE


def test_a_warning_in_words_only_is_nothing(post: Post) -> None:
    delivery = post.deliver()
    verdict = post.receive(
        crlf(f"""
        Return-Path: <>
        To: {BOUNCES.replace("{token}", delivery.token)}
        From: Mail Delivery System <Mailer-Daemon@mx.gemeente.example>
        Subject: Warning: message delayed 24 hours

        Your message has not yet been delivered to {ADDRESS}. Delivery attempts will continue.
        """)
    )
    assert verdict.kind is MessageKind.DELAYED
    assert suppressed(post) is None


COMPLAINT = """
From: feedback@provider.example
To: klachten@agenda.veiligheidsalliantie.example
Subject: FW: Nieuwsbrief
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
Original-Rcpt-To: weg@gemeente.example

--b
Content-Type: message/rfc822

X-Outreach-Delivery: {token}
Subject: Nieuwsbrief

Tekst
--b--
"""


def test_a_complaint_suppresses_with_our_token_only(post: Post) -> None:
    delivery = post.deliver()
    verdict = post.receive(crlf(COMPLAINT.format(token=random_token())))
    assert (verdict.kind, verdict.token_ok) == (MessageKind.COMPLAINT, False)
    assert suppressed(post) is None
    post.receive(crlf(COMPLAINT.format(token=delivery.token)))
    assert suppressed(post) is SuppressionReason.COMPLAINT
    assert post.bounced_at(delivery) is None
