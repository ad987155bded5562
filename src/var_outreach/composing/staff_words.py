"""Says in Dutch what waits for staff or went wrong, as the lines of a notice.

*Reads*: what planning found. *Writes*: nothing. *Next*: ``staff_notice.py`` makes a mail of it.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from var_outreach.clock import local_date
from var_outreach.composing.facts import MailKind
from var_outreach.i18n import format_date, format_time
from var_outreach.planning.notices import Concern, Notice, Stop, Waiting

LONGEST_REASON = 400
KIND_WORDS: dict[str, str] = {
    MailKind.SAVE_THE_DATE: "Vooraankondiging",
    MailKind.INVITATION: "Uitnodiging",
    MailKind.REMINDER: "Herinnering",
    MailKind.PARTICIPANT_REMINDER: "Herinnering voor deelnemers",
    MailKind.UPDATE: "Bericht over een wijziging",
    MailKind.CANCELLATION: "Bericht dat het niet doorgaat",
    MailKind.WITHDRAWAL: "Bericht aan wie is afgemeld",
    MailKind.CONFIRMATION: "Bevestiging",
    MailKind.WAITLIST: "Bericht over de wachtlijst",
    MailKind.PROMOTION: "Bericht dat er plaats is",
    MailKind.PROGRAMME: "Bericht over workshops",
    MailKind.SPEAKER_REQUEST: "Vraag aan een spreker",
    MailKind.SPEAKER_REMINDER: "Herinnering voor een spreker",
    MailKind.SPEAKER_THANKS: "Dank aan een spreker",
    MailKind.LOOK_BACK: "Terugblik",
    MailKind.NEWSLETTER: "Nieuwsbrief",
    MailKind.SUBSCRIPTION: "Vraag om een aanmelding te bevestigen",
    MailKind.LIST_CHECK: "Vraag of een lijst klopt",
    MailKind.AD_HOC: "Losse mail",
}
REASON_WORDS = (
    (
        r"its moment passed while nothing could be sent: (\d+) had not gone yet",
        r"Het moment ging voorbij en er kon niets uit. Er wachten nog \1 mails.",
    ),
    (
        r"its moment passed while nothing could be sent",
        "Het moment ging voorbij en er kon toen niets uit.",
    ),
    (
        r"its moment had passed when the event became known, and so had the last day to answer",
        "De bijeenkomst kwam te laat in de agenda. Ook de laatste dag om te antwoorden is voorbij. "
        "Kies eerst een latere.",
    ),
    (
        r"its moment had passed when the event became known",
        "De bijeenkomst kwam te laat in de agenda. U beslist of de mail nog gaat.",
    ),
    (
        r"nobody released it before its moment had passed",
        "Niemand gaf deze mail op tijd vrij.",
    ),
    (
        r"approved for (\d+), but it would go to (\d+)",
        r"Goedgekeurd voor \1 ontvangers, maar het zijn er nu \2.",
    ),
    (
        r"(\d+) more would get it than were approved",
        r"Er zijn nu \1 ontvangers meer dan goedgekeurd.",
    ),
    (r"held by (.+)", r"Tegengehouden door \1."),
)
"""Why a mailing is held, as ``Mailing.held_because`` says it, and in Dutch; others stay as is."""


def notice_subject(notice: Notice, zone: ZoneInfo) -> str:
    """Return the subject of ``notice``."""
    if notice.stop is not None:
        return f"Er ging geen mail uit sinds {_moment(notice.stop, zone)}"
    if len(notice.waiting) == 1:
        return f"Dit wacht op u: {_name(notice.waiting[0])}"
    return f"Dit wacht op u: {len(notice.waiting)} zaken"


def notice_lines(notice: Notice, zone: ZoneInfo) -> list[str]:
    """Return the lines of ``notice``, each a paragraph."""
    if notice.stop is not None:
        return _stop_lines(notice.stop, zone)
    lines = []
    for one in notice.waiting:
        lines += [f"{_name(one)}. {_what(one, zone)}", f"Bekijk: {_command(one)}"]
    return lines


def reason_in_dutch(reason: str) -> str:
    """Return why a mailing is held in Dutch; a reason that is not known stays as it is."""
    for pattern, words in REASON_WORDS:
        found = re.fullmatch(pattern, reason)
        if found:
            return found.expand(words)
    return f"De reden: {reason[:LONGEST_REASON].rstrip('.')}."


def _stop_lines(stop: Stop, zone: ZoneInfo) -> list[str]:
    goes_on = (
        "De verzending probeert het vanzelf opnieuw."
        if stop.until is not None
        else "De verzending gaat pas verder als u dat zegt: "
        f"var-outreach outbox resume {stop.transport}"
    )
    return [
        f"Op {_moment(stop, zone)} stopte de verzending van mail ({stop.transport}).",
        f"De reden: {stop.reason[:LONGEST_REASON].rstrip('.')}.",
        f"{goes_on}",
        "Ook deze mail kon pas weg toen de verzending weer werkte.",
        "Er is niets verloren. Bekijk: var-outreach outbox status",
    ]


def _moment(stop: Stop, zone: ZoneInfo) -> str:
    return f"{format_date(local_date(stop.since, zone))}, {format_time(stop.since, zone)} uur"


def _name(one: Waiting) -> str:
    if one.concern is Concern.REQUESTED:
        return f"Vraag om te mogen komen: {one.about}"
    kind = KIND_WORDS.get(one.kind, one.kind)
    return f"{kind}: {one.about}" if one.about else kind


def _what(one: Waiting, zone: ZoneInfo) -> str:
    match one.concern:
        case Concern.HELD:
            return f"Deze mailing staat stil. {reason_in_dutch(one.reason)}"
        case Concern.FAILED:
            reason = one.reason[:LONGEST_REASON].rstrip(".")
            return f"Deze mailing kon niet gemaakt worden. De fout: {reason}."
        case Concern.UNCERTAIN:
            mails = "1 mail" if one.count == 1 else f"{one.count} mails"
            return f"Van {mails} is niet zeker of zij aankwamen. U beslist of zij opnieuw gaan."
        case Concern.REQUESTED:
            people = "1 persoon wil" if one.count == 1 else f"{one.count} mensen willen"
            return f"{people} ook komen, zonder uitnodiging. U beslist."
    when = ""
    if one.goes_at is not None:
        day = format_date(local_date(one.goes_at, zone))
        when = f" Het moment: {day}, {format_time(one.goes_at, zone)} uur."
    return f"Deze mailing wacht op vrijgave.{when}"


def _command(one: Waiting) -> str:
    if one.concern is Concern.FAILED:
        return "var-outreach plan show"
    if one.concern is Concern.REQUESTED:
        return f"var-outreach registrations requests {one.key}"
    return f"var-outreach mailing show {one.key}"
