"""The kinds of mail there are; rules, templates, mailings and ledgers use the same names.

*Reads*: nothing. *Writes*: nothing. *Next*: ``planning`` says when one is due, ``composing``
makes it.
"""

from __future__ import annotations

from enum import StrEnum


class MailKind(StrEnum):
    """Every kind of mail; the value is the folder in ``templates/email``."""

    SAVE_THE_DATE = "save-the-date"
    INVITATION = "invitation"
    REMINDER = "reminder"
    """To those who did not answer."""
    PARTICIPANT_REMINDER = "participant-reminder"
    UPDATE = "update"
    CANCELLATION = "cancellation"
    WITHDRAWAL = "withdrawal"
    """One person is taken off; the event goes on."""
    CONFIRMATION = "confirmation"
    WAITLIST = "waitlist"
    PROMOTION = "promotion"
    PROGRAMME = "programme"
    """Tells a guest that others changed something in the guest's workshops."""
    SPEAKER_REQUEST = "speaker-request"
    """Asks a speaker to confirm a talk."""
    SPEAKER_REMINDER = "speaker-reminder"
    """Asks a speaker for the slides."""
    SPEAKER_THANKS = "speaker-thanks"
    LOOK_BACK = "look-back"
    NEWSLETTER = "newsletter"
    SUBSCRIPTION = "subscription"
    """Asks to confirm a subscription (double opt-in)."""
    LIST_CHECK = "list-check"
    """Asks an organisation whether its list of offices is still right."""
    AD_HOC = "ad-hoc"
    STAFF_NOTICE = "staff-notice"
    """Tells staff what waits for them or went wrong."""


CALENDAR_KINDS = frozenset(
    {
        MailKind.SAVE_THE_DATE,
        MailKind.INVITATION,
        MailKind.UPDATE,
        MailKind.CANCELLATION,
        MailKind.WITHDRAWAL,
        MailKind.CONFIRMATION,
        MailKind.PROMOTION,
    }
)
"""The kinds that carry a calendar entry where the recipient has or keeps one."""

ANSWER_KINDS = frozenset(
    {
        MailKind.CONFIRMATION,
        MailKind.WAITLIST,
        MailKind.PROMOTION,
        MailKind.WITHDRAWAL,
        MailKind.PROGRAMME,
    }
)
"""The kinds that tell an invitee what became of an answer; they go at once, by themselves."""
