"""Says how a mailing stands, how its test went and what a tick did, in plain sentences.

*Reads*: what the commands hand over. *Writes*: nothing. *Next*: ``mailings.py`` and ``serving.py``
print it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from var_outreach.cli.output import local
from var_outreach.composing.content import Content, Variant
from var_outreach.drafting import TickReport
from var_outreach.outbox.model import OPEN, DeliveryState, Mailing, MailingState
from var_outreach.planning.mail_kinds import MailKind

LANGUAGES = {"nl": "Dutch", "en": "English"}
OUTCOMES = {
    DeliveryState.SENT: "sent",
    DeliveryState.QUEUED: "back in the queue, as sending stands still",
    DeliveryState.DEFERRED: "refused for now; tried again by itself",
    DeliveryState.FAILED: "failed",
    DeliveryState.UNCERTAIN: "may or may not have arrived",
    DeliveryState.SKIPPED: "skipped",
}


def state_words(mailing: Mailing, counts: Mapping[str, int], zone: ZoneInfo) -> str:
    """Return the state of ``mailing`` for people; ``counts`` are its deliveries by state."""
    state = mailing.state.value
    failed = counts.get(DeliveryState.FAILED, 0)
    if mailing.state is MailingState.SENDING and mailing.standing:
        if any(counts.get(one, 0) for one in OPEN):
            return state
        invites = MailKind(mailing.kind) in {MailKind.SAVE_THE_DATE, MailKind.INVITATION}
        whom = "late invitees" if invites else "who must be told next"
        end = f" until {local(mailing.expires_at, zone)}" if mailing.expires_at else ""
        return f"{state} (stays open for {whom}{end})"
    if mailing.state is MailingState.SENT and failed:
        return "failed" if failed == sum(counts.values()) else f"{state} ({failed} failed)"
    return state


def dutch_first(content: Content) -> Variant:
    """Return the variant that most people get: the first in Dutch, else the first."""
    dutch = (one for one in content.variants if one.language == "nl")
    return next(dutch, content.variants[0])


def copies_in_words(variants: Sequence[str]) -> str:
    """Return which variants there are: "Dutch and English", with the state that each is for."""
    words = []
    for key in sorted(variants, key=lambda key: (not key.startswith("nl"), key)):
        language, _, meant = key.partition("/")
        name = LANGUAGES.get(language, language)
        words.append(f"{name} ({meant})" if meant else name)
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def tick_lines(report: TickReport) -> list[str]:
    """Return what a tick did, one sentence each; what is wrong comes last, with what to do."""
    lines = [f"Draft made: {key}" for key in report.drafted]
    lines += [f"{key}: {count} in the queue" for key, count in report.enqueued.items() if count]
    lines += [
        f"{count} {OUTCOMES.get(DeliveryState(state), state)}"
        for state, count in sorted(report.outcomes.items())
        if count
    ]
    lines += [f"All gone: {key}" for key in report.finished]
    lines += [f"Held; see why: var-outreach mailing show {key}" for key in report.held]
    lines += [f"Could not be made or sent: {key}: {why}" for key, why in report.failed.items()]
    if report.outcomes.get(DeliveryState.QUEUED):
        lines.append("See why sending stands still: var-outreach outbox status")
    return lines or ["Nothing is due now."]
