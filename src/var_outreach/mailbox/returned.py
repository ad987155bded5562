"""What a delivery report changes: only for a delivery of ours, known by its token.

*Reads*: a ``Report`` and the deliveries. *Writes*: suppressions, ``delivery.bounced_at``. *Next*:
dispatch looks for suppressions before it sends.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.errors import HeaderError
from var_outreach.mailbox.bounces import Report
from var_outreach.mailbox.model import MessageKind
from var_outreach.mailbox.verdict import Verdict
from var_outreach.outbox.model import Delivery
from var_outreach.people.model import SuppressionReason
from var_outreach.people.suppression import suppress
from var_outreach.tokens import Signer


def record_report(
    session: Session, report: Report, *, file: str, now: datetime, signer: Signer
) -> Verdict:
    """Do what ``report`` asks for and tell what was done.

    A hard bounce suppresses the address that the delivery went to, whatever address the report
    names; a complaint does too. What is soft or delayed is counted and changes nothing.
    """
    delivery = _delivery_of(session, report.tokens)
    if delivery is None:
        return _verdict(file, report, None, "without a token of ours: nothing changed")
    if report.kind is MessageKind.DELAYED:
        return _verdict(file, report, delivery, "the other server goes on trying: nothing changed")
    if report.kind is MessageKind.OTHER:
        return _verdict(file, report, delivery, "a report of success: nothing changed")
    if report.kind is MessageKind.BOUNCE and not report.hard:
        return _verdict(file, report, delivery, "counted as a soft bounce")
    complained = report.kind is MessageKind.COMPLAINT
    if not complained and delivery.bounced_at is None:
        delivery.bounced_at = now
    evidence = {
        "file": file,
        "status": report.status,
        "code": report.code,
        "diagnostic": report.diagnostic,
        "delivery": delivery.id,
    }
    reason = SuppressionReason.COMPLAINT if complained else SuppressionReason.HARD_BOUNCE
    try:
        suppress(session, delivery.address, reason, evidence=evidence, now=now, signer=signer)
    except HeaderError:
        # The delivery outlived the address: the person was erased.
        return _verdict(file, report, delivery, "its address is gone already: nothing changed")
    session.flush()
    what = "a complaint" if complained else "a hard bounce"
    return _verdict(file, report, delivery, f"{what}: {delivery.address} is written to no more")


def _delivery_of(session: Session, tokens: tuple[str, ...]) -> Delivery | None:
    for token in tokens[:10]:
        found = session.scalars(select(Delivery).where(Delivery.token == token)).one_or_none()
        if found is not None:
            return found
    return None


def _verdict(file: str, report: Report, delivery: Delivery | None, words: str) -> Verdict:
    ours = delivery.address if delivery is not None else None
    return Verdict(
        file=file,
        kind=report.kind,
        recipient=ours or report.recipient,
        hard=report.hard if report.kind is MessageKind.BOUNCE else None,
        status=report.status,
        code=report.code,
        comment=report.diagnostic,
        verdict=words,
        token_ok=delivery is not None,
        token=delivery.token if delivery is not None else None,
    )
