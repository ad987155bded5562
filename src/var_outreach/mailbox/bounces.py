"""Reads delivery reports: what failed, for good or for now, and by which token it is ours.

*Reads*: a parsed message. *Writes*: nothing. *Next*: ``mailbox/returned.py`` acts on a report
whose token is ours; without the token nobody is believed, for anybody can write a report.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from var_outreach.mailbox.bounce_codes import (
    enhanced_status,
    is_hard,
    reply_code,
    says_delayed,
)
from var_outreach.mailbox.model import MessageKind
from var_outreach.mailbox.parsed import (
    TEXT_LIMIT,
    ParsedMail,
    Part,
    header_of,
    parameter,
    part_text,
)
from var_outreach.tokens import is_token

TOKEN_HEADER = "X-Outreach-Delivery"
_TOKEN_IN_ID = re.compile(r"<([a-z2-7]{26})@", re.IGNORECASE)
_TOKEN_LINE = re.compile(
    rf"^[> ]*(?:{TOKEN_HEADER}:[ ]*|Message-ID:[ ]*<)([a-z2-7]{{26}})(?:@|[ \r]*$)", re.I | re.M
)
_ADDRESS = re.compile(r"[^\s<>;,:\"'()\[\]]+@[^\s<>;,:\"'()\[\]]+")
_FAILED_SUBJECT = re.compile(
    r"(undeliver|delivery (status|failure|has failed)|mail delivery|returned mail|failure notice"
    r"|delivery.*fail|niet (bezorgd|afgeleverd)|onbestelbaar|returned to sender|delayed"
    r"|unzustellbar|rejected|non.?distribu)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Report:
    """What one delivery or feedback report says."""

    kind: MessageKind
    """bounce, delayed, complaint, or other for a report of success."""
    recipient: str | None
    hard: bool
    status: str
    code: int | None
    diagnostic: str
    tokens: tuple[str, ...]
    """Tokens found in it, the surest first; not yet looked up."""


def read_report(mail: ParsedMail, bounce_pattern: str) -> Report | None:
    """Return what a delivery report (RFC 3464) or a complaint (RFC 5965) says; None if it is none.

    ``bounce_pattern`` is the setting ``network.bounce_address``.
    """
    types = {part.get_content_type() for part in mail.parts}
    tokens = tuple(dict.fromkeys((*mail.tokens_in_recipient(bounce_pattern), *_returned(mail))))
    if "message/feedback-report" in types:
        return _complaint(mail, tokens)
    if "message/delivery-status" in types:
        report = _delivery_status(mail)
        if report is not None:
            return replace(report, tokens=tokens)
    if parameter(mail.root, "report-type") == "delivery-status" or _looks_returned(mail):
        return replace(_in_words(mail), tokens=tokens)
    return _complaint_in_words(mail, tokens)


def _delivery_status(mail: ParsedMail) -> Report | None:
    """Return the worst of what the report says of its recipients (RFC 3464 2.3)."""
    found: list[Report] = []
    for block in _status_blocks(mail):
        action = header_of(block, "Action").partition("(")[0].strip().lower()
        said = header_of(block, "Status")
        diagnostic = header_of(block, "Diagnostic-Code")
        if not action and not said:
            continue
        status, code = enhanced_status(said, diagnostic), reply_code(diagnostic)
        if action in {"delivered", "relayed", "expanded"} or (not action and said[:1] == "2"):
            kind = MessageKind.OTHER
        elif action == "delayed" or (not action and said[:1] == "4"):
            kind = MessageKind.DELAYED
        else:
            kind = MessageKind.BOUNCE
        found.append(
            Report(
                kind=kind,
                recipient=_recipient(block),
                hard=kind is MessageKind.BOUNCE and is_hard(status, code, diagnostic),
                status=status,
                code=code,
                diagnostic=diagnostic[:500],
                tokens=(),
            )
        )
    order = (MessageKind.BOUNCE, MessageKind.DELAYED, MessageKind.OTHER)
    return min(found, key=lambda one: order.index(one.kind), default=None)


def _status_blocks(mail: ParsedMail) -> Iterator[Part]:
    for part in mail.parts:
        if part.get_content_type() != "message/delivery-status":
            continue
        inside = part.get_payload()
        if isinstance(inside, list):
            yield from (block for block in inside if isinstance(block, email.message.Message))


def _recipient(block: Part) -> str | None:
    """Return the address we wrote to, else the one where it ended (RFC 3464 2.3.1, 2.3.2)."""
    for name in ("Original-Recipient", "Final-Recipient"):
        # Some leave out the address type, "rfc822;", though it is required.
        match = _ADDRESS.search(header_of(block, name).rpartition(";")[2])
        if match is not None:
            return match[0].lower()
    return None


def _complaint_in_words(mail: ParsedMail, tokens: tuple[str, ...]) -> Report | None:
    """Return a complaint in Outlook.com's own form (JMRP): our mail attached, a fixed subject."""
    attached = [part for part in mail.parts if part.get_content_type() == "message/rfc822"]
    if not attached or not mail.header("Subject").lower().startswith("complaint about message"):
        return None
    inside = attached[0].get_payload()
    original = inside[0] if isinstance(inside, list) and inside else None
    said = header_of(original, "X-HmXmrOriginalRecipient") if isinstance(original, Part) else ""
    match = _ADDRESS.search(said)
    recipient = match[0].lower() if match else None
    return Report(MessageKind.COMPLAINT, recipient, False, "", None, "", tokens)


def _complaint(mail: ParsedMail, tokens: tuple[str, ...]) -> Report:
    recipient = None
    for part in mail.parts:
        if part.get_content_type() == "message/feedback-report":
            inside = part.get_payload()
            blocks = inside if isinstance(inside, list) else []
            for block in blocks:
                if isinstance(block, email.message.Message):
                    match = _ADDRESS.search(header_of(block, "Original-Rcpt-To"))
                    recipient = match[0].lower() if match else recipient
    return Report(MessageKind.COMPLAINT, recipient, False, "", None, "", tokens)


def _looks_returned(mail: ParsedMail) -> bool:
    """Tell whether a mail server wrote this, in words only, of a mail that did not arrive."""
    if mail.header("X-Failed-Recipients"):
        return True
    empty_sender = mail.root.get("Return-Path") is not None and mail.header("Return-Path") == "<>"
    daemon = any(
        sender.partition("@")[0] in {"mailer-daemon", "postmaster"} for sender in mail.senders
    )
    return (empty_sender or daemon) and _FAILED_SUBJECT.search(mail.header("Subject")) is not None


def _in_words(mail: ParsedMail) -> Report:
    """Return what a report without machine-readable part says, as far as its words go."""
    # Below the report stands the mail itself, whose words say nothing of the delivery.
    own_words = re.split(
        r"\n-{2,}.*(below this line|copy of the message|original message|unsent message).*",
        mail.text,
        maxsplit=1,
        flags=re.IGNORECASE,
    )[0][:8000]
    delayed = says_delayed(f"{mail.header('Subject')}\n{own_words}")
    status, code = enhanced_status("", own_words), reply_code(own_words)
    failed = _ADDRESS.search(mail.header("X-Failed-Recipients"))
    found = failed or re.search(rf"^\s*<?({_ADDRESS.pattern})>?:?\s*$", own_words, re.M)
    address = found[0].strip(" <>:\r\n\t").lower() if found else None
    return Report(
        kind=MessageKind.DELAYED if delayed else MessageKind.BOUNCE,
        recipient=address,
        hard=not delayed and is_hard(status, code, own_words),
        status=status,
        code=code,
        diagnostic=" ".join(own_words.split())[:500],
        tokens=(),
    )


def _returned(mail: ParsedMail) -> Iterator[str]:
    """Return the tokens in the part of our mail that came back."""
    for part in mail.parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for block in _status_blocks(mail):
                yield from _tokens(header_of(block, "Original-Envelope-Id"))
        elif kind == "message/rfc822":
            inside = part.get_payload()
            if isinstance(inside, list) and inside and isinstance(inside[0], Part):
                yield from _header_tokens(inside[0])
        elif kind in {"text/rfc822-headers", "message/rfc822-headers"}:
            text = part_text(part)[:TEXT_LIMIT]
            yield from _header_tokens(email.message_from_string(text, policy=email.policy.compat32))
    yield from (token.lower() for token in _TOKEN_LINE.findall(mail.text))


def _header_tokens(returned: Part) -> Iterator[str]:
    yield from _tokens(header_of(returned, TOKEN_HEADER))
    match = _TOKEN_IN_ID.search(header_of(returned, "Message-ID"))
    if match is not None:
        yield match[1].lower()


def _tokens(text: str) -> Iterator[str]:
    yield from (word for word in re.split(r"[^a-z2-7]+", text.lower()) if is_token(word))
