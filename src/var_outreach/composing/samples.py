"""Invented facts for every kind of mail, for previews and for the golden files.

*Reads*: nothing. *Writes*: nothing. *Next*: ``var-outreach compose preview`` shows them where no
event of the database is named. Everybody and everything in here is made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from var_outreach.agenda.facts import EventFacts, Link, ProgrammeLine
from var_outreach.agenda.model import EventState, Visibility
from var_outreach.composing.ad_hoc import compose_ad_hoc
from var_outreach.composing.content import PLACES, Content
from var_outreach.composing.event_mail import STATES, compose_event_mail
from var_outreach.composing.facts import (
    ChangeFacts,
    EventMailFacts,
    IssueFacts,
    IssueItem,
    KindName,
    MailKind,
    NetworkFacts,
    PartnerFacts,
    RoundFacts,
    TopicName,
)
from var_outreach.composing.list_check import ListCheckFacts, compose_list_check
from var_outreach.composing.newsletter import compose_newsletter
from var_outreach.composing.staff_notice import compose_staff_notice
from var_outreach.composing.subscription import compose_subscription

SAMPLE_NETWORK = NetworkFacts(
    name="VeiligheidsAlliantie regio Rotterdam",
    short_name="VAR",
    website="https://veiligheidsalliantie.example",
    contact_name="Sanne Verhoeven-Pol",
    contact_address="info@veiligheidsalliantie.example",
    phone="010 - 555 01 23",
    postal_address="Wilhelminaplein 1, Rotterdam",
    base_url="https://agenda.veiligheidsalliantie.example",
    zone=ZoneInfo("Europe/Amsterdam"),
    privacy_url="https://veiligheidsalliantie.example/privacy",
)

SAMPLE_PARTNERS = (
    PartnerFacts("var", "VAR"),
    PartnerFacts("riec", "RIEC Rotterdam"),
)

SAMPLE_TOPICS = (
    TopicName("digitale-veiligheid", "Digitale veiligheid", "Digital safety", "#1F5FA8", "#8DBBF0"),
    TopicName("mensenhandel", "Mensenhandel", "Human trafficking", "#8A2B6B", "#E6A3CF"),
    TopicName("zorg-en-veiligheid", "Zorg en veiligheid", "Care and safety", "#1F6B4A", "#86D3AE"),
    TopicName("jeugd", "Jeugd", "Youth", "#8A4B00", "#F0B878"),
    TopicName(
        "maatschappelijk-ongenoegen",
        "Maatschappelijk ongenoegen",
        "Social unrest",
        "#5A4A8F",
        "#BDB1EC",
    ),
)

SAMPLE_KINDS = {
    "leerhuis": KindName("leerhuis", "learning session", "het"),
    "webinar": KindName("webinar", "webinar", "het"),
    "netwerkbijeenkomst": KindName("netwerkbijeenkomst", "network meeting", "de"),
}

SAMPLE_EVENT = EventFacts(
    id=1,
    key="2025-11-17-leerhuis-mensenhandel",
    kind="leerhuis",
    title="Leerhuis Signalen van mensenhandel",
    topic_key="mensenhandel",
    state=EventState.CONFIRMED,
    visibility=Visibility.NETWORK,
    on_date=date(2025, 11, 17),
    until_date=None,
    starts_at=datetime(2025, 11, 17, 8, 30, tzinfo=UTC),
    ends_at=datetime(2025, 11, 17, 11, 0, tzinfo=UTC),
    doors_at=datetime(2025, 11, 17, 8, 0, tzinfo=UTC),
    place="Het Dijkhuis, zaal 2",
    address="Voorbeeldkade 12, Dordrecht",
    online_url=None,
    description="Mensenhandel is vaak dichterbij dan u denkt. In dit leerhuis oefent u met "
    "echte situaties.\n\nNa afloop weet u welke signalen u ziet en bij wie u ze meldt.",
    meant_for="Burgemeesters, adviseurs openbare veiligheid en aandachtsfunctionarissen",
    audience_key=None,
    programme=(
        ProgrammeLine("09.00", "09.30", "Inloop met koffie en thee"),
        ProgrammeLine("09.30", "09.45", "Welkom", "Burgemeester van de gastgemeente"),
        ProgrammeLine(
            "09.45",
            "10.45",
            "Signalen herkennen: drie situaties uit de praktijk",
            "Maud Terpstra-Kok, zorgcoördinator",
        ),
        ProgrammeLine("10.45", "11.45", "Oefenen in groepen"),
        ProgrammeLine("11.45", "12.00", "Afsluiting"),
    ),
    partners=("riec",),
    capacity=100,
    answer_by_on=date(2025, 11, 3),
    asks_diet=True,
    registration_open=True,
    quantity=1,
    recap_markdown="Ruim tachtig collega's kwamen naar Dordrecht.\n\n"
    "## Drie dingen om mee te nemen\n\n"
    "- Meld ook een signaal waarover u twijfelt.\n"
    "- Bel de zorgcoördinator. Die denkt met u mee.\n"
    "- Spreek binnen uw gemeente af wie het meldpunt is.",
    recap_links=(
        Link("Signalenkaart (pdf)", "https://veiligheidsalliantie.example/signalenkaart.pdf"),
        Link("Foto's van de ochtend", "https://veiligheidsalliantie.example/terugblik-leerhuis"),
    ),
    series_uid="leerhuis-mensenhandel@agenda.veiligheidsalliantie.example",
    revision=2,
    date_revision=1,
    known_at=datetime(2025, 1, 10, 9, 0, tzinfo=UTC),
    changed_at=datetime(2025, 9, 1, 9, 0, tzinfo=UTC),
)

SAMPLE_ROUNDS = (
    RoundFacts(
        "Ronde 1",
        datetime(2025, 11, 17, 8, 45, tzinfo=UTC),
        datetime(2025, 11, 17, 9, 45, tzinfo=UTC),
    ),
    RoundFacts(
        "Ronde 2",
        datetime(2025, 11, 17, 9, 45, tzinfo=UTC),
        datetime(2025, 11, 17, 10, 45, tzinfo=UTC),
    ),
)

SAMPLE_AD_HOC = """Beste {{ naam }},

Morgen rijden er geen trams naar het Wilhelminaplein. Kom dus met de **metro** of op de fiets.

## Zo komt u er

- Metro D of E, halte Wilhelminaplein. Daarna is het 3 minuten lopen.
- Met de fiets: de stalling is onder het gebouw.

Kunt u toch niet komen? [Wijzig dan uw antwoord]({{ antwoordlink }}). Meer over de route staat op
[onze website](https://veiligheidsalliantie.example/route).
"""


def sample_places(base_url: str) -> dict[str, str]:
    """Return values for every place that show where one stands, and open nothing personal."""
    values = {name: f"{base_url}/voorbeeld" for name in PLACES if name.endswith("_url")}
    return values | {
        "name": "Voorbeeld",
        "offices": "burgemeester van Voorbeeldstad, wethouder zorg van Voorbeeldstad",
        "remaining_offices": "wethouder jeugd van Voorbeeldstad",
        "organisation": "Gemeente Voorbeeldstad",
        "attendees": "Voorbeeld",
        "named_by": "burgemeester, Gemeente Voorbeeldstad",
        "waitlist_number": "3",
        "workshop_a": "Samen kijken naar zorgmijders, zaal 2",
        "workshop_b": "nog niet gekozen (u wacht op: Praten met ouders)",
        "talk": "Wat wij leerden van een jaar samenwerken (10.45 tot 11.15 uur)",
        "slides_due": "10 november",
        "source_line": "Wij hebben uw adres van: voorbeeld.",
        "staff_body": "",
    }


def sample_facts(kind: MailKind) -> EventMailFacts | IssueFacts | NetworkFacts:
    """Return invented facts for a mail of ``kind``: of an event, an issue, or who sends."""
    if kind is MailKind.NEWSLETTER:
        return sample_issue()
    if kind in STATES:
        return sample_event_facts(kind)
    return SAMPLE_NETWORK


def sample_event_facts(kind: MailKind) -> EventMailFacts:
    """Return invented facts of an event for a mail of ``kind``."""
    event = SAMPLE_EVENT
    facts = EventMailFacts(event, SAMPLE_KINDS["leerhuis"], SAMPLE_NETWORK)
    if kind is MailKind.SAVE_THE_DATE:
        bare = replace(event, starts_at=None, ends_at=None, doors_at=None, programme=())
        return replace(facts, event=replace(bare, state=EventState.PLANNED))
    if kind is MailKind.INVITATION:
        return replace(facts, partners=SAMPLE_PARTNERS[1:])
    if kind is MailKind.UPDATE:
        moved = replace(
            event,
            on_date=date(2025, 11, 24),
            starts_at=datetime(2025, 11, 24, 8, 30, tzinfo=UTC),
            ends_at=datetime(2025, 11, 24, 11, 0, tzinfo=UTC),
            doors_at=datetime(2025, 11, 24, 8, 0, tzinfo=UTC),
            answer_by_on=date(2025, 11, 10),
        )
        changes = (
            ChangeFacts(
                "date",
                "maandag 17 november 2025",
                "maandag 24 november 2025",
                "Monday 17 November 2025",
                "Monday 24 November 2025",
            ),
            ChangeFacts("place", "Stadskantoor, Dordrecht", "Het Dijkhuis, zaal 2, Dordrecht"),
        )
        return replace(facts, event=moved, changes=changes, date_moved=True)
    if kind is MailKind.CANCELLATION:
        off = replace(event, state=EventState.CANCELLED)
        return replace(facts, event=off, reason="De gastspreker is ziek en niet te vervangen.")
    if kind is MailKind.WITHDRAWAL:
        return replace(facts, reason="Uw functie hoort niet meer bij de doelgroep.")
    if kind is MailKind.LOOK_BACK:
        return replace(facts, event=replace(event, state=EventState.HELD))
    if kind in {MailKind.PROGRAMME, MailKind.PARTICIPANT_REMINDER, MailKind.CONFIRMATION}:
        return replace(facts, rounds=SAMPLE_ROUNDS)
    return facts


def sample_issue(items: int = 7, events: int = 4) -> IssueFacts:
    """Return an invented issue with so many items of news and events."""
    return IssueFacts(
        key="2025-10",
        on_date=date(2025, 10, 2),
        network=SAMPLE_NETWORK,
        items=tuple(_item(number) for number in range(items)),
        events=tuple(_coming(number) for number in range(events)),
        kind_names=SAMPLE_KINDS,
        topics=SAMPLE_TOPICS,
        partners=SAMPLE_PARTNERS,
        own_word="De herfst begint met een volle agenda. Op 16 oktober ontmoeten wij elkaar in "
        "Rotterdam.\n\nHebt u nieuws voor het netwerk? **Wij horen het graag.**",
        archive_url="https://agenda.veiligheidsalliantie.example/nieuwsbrief/2025-10",
    )


def sample_content(kind: MailKind, *, folders: Sequence[Path] = ()) -> Content:
    """Return the mail ``kind`` composed of invented facts."""
    if kind is MailKind.NEWSLETTER:
        return compose_newsletter(sample_issue(), folders=folders)
    if kind is MailKind.SUBSCRIPTION:
        return compose_subscription(SAMPLE_NETWORK, folders=folders)
    if kind is MailKind.LIST_CHECK:
        facts = ListCheckFacts(SAMPLE_NETWORK, date(2025, 11, 30))
        return compose_list_check(facts, folders=folders)
    if kind is MailKind.AD_HOC:
        return compose_ad_hoc(
            "Morgen geen tram naar het Wilhelminaplein",
            SAMPLE_AD_HOC,
            SAMPLE_NETWORK,
            is_news=False,
            folders=folders,
        )
    if kind is MailKind.STAFF_NOTICE:
        lines = (
            "De uitnodiging voor het leerhuis wacht op uw goedkeuring.",
            "Zij gaat naar 412 mensen. Zonder goedkeuring gaat zij niet uit.",
            "https://agenda.veiligheidsalliantie.example/beheer/mailings/12",
        )
        subject = "Te beslissen: uitnodiging Leerhuis Signalen van mensenhandel"
        return compose_staff_notice(subject, lines, SAMPLE_NETWORK, folders=folders)
    return compose_event_mail(kind, sample_event_facts(kind), folders=folders)


_NEWS = (
    (
        "Nieuwe training voor wijkagenten en boa's",
        "Vanaf november kunnen wijkagenten en boa's samen trainen in het herkennen van online "
        "oplichting. De training duurt een dagdeel en is gratis. Er zijn 40 plaatsen.",
        "digitale-veiligheid",
    ),
    (
        "Zo herkent u een nepbericht van de bank",
        "De politie zag in september twee keer zoveel meldingen. Op de nieuwe pagina staan "
        "voorbeelden die u in uw gemeente kunt delen.",
        "digitale-veiligheid",
    ),
    (
        "Signalenkaart mensenhandel is vernieuwd",
        "De kaart past nu op één blad. U leest er bij wie u een signaal meldt, en wat er daarna "
        "gebeurt. Bestel hem gratis voor uw balies.",
        "mensenhandel",
    ),
    (
        "Aanpak overlast: wat werkt in kleine gemeenten",
        "Drie gemeenten vertellen hoe zij zorg en veiligheid aan één tafel kregen. Met een "
        "stappenplan om morgen te beginnen.",
        "zorg-en-veiligheid",
    ),
    (
        "Minder jongeren in aanraking met de politie",
        "Het aantal jonge verdachten daalde in de regio met 8 procent. De cijfers per gemeente "
        "staan in het Gezamenlijk Veiligheidsbeeld.",
        "jeugd",
    ),
    (
        "In gesprek blijven bij onrust in de wijk",
        "Een nieuwe handreiking helpt bestuurders bij bijeenkomsten met boze inwoners. Vier "
        "burgemeesters keken mee.",
        "maatschappelijk-ongenoegen",
    ),
    (
        "Ons kantoor is dicht op 5 december",
        "Vanaf 14 uur zijn wij die dag niet bereikbaar. Voor spoed belt u het gewone nummer.",
        None,
    ),
)


def _item(number: int) -> IssueItem:
    title, summary, topic = _NEWS[number % len(_NEWS)]
    pictured = number in {0, 2}
    return IssueItem(
        title,
        summary,
        f"https://veiligheidsalliantie.example/nieuws/{number + 1}" if topic else None,
        topic,
        image_url=f"https://agenda.veiligheidsalliantie.example/beeld/{number + 1}.jpg"
        if pictured
        else None,
        image_alt="Een boa en een wijkagent praten op straat met een bewoner" if pictured else "",
        image_width=1040 if pictured else 0,
        image_height=520 if pictured else 0,
        partner="riec" if number == 3 else None,
    )


def _coming(number: int) -> EventFacts:
    titles = (
        ("Conferentie Veilig samenleven", "De Nieuwe Loods", "Voorbeeldplein 4, Rotterdam"),
        ("Webinar Digitale weerbaarheid", None, None),
        (
            "Leerhuis Signalen van mensenhandel",
            "Het Dijkhuis, zaal 2",
            "Voorbeeldkade 12, Dordrecht",
        ),
        ("Netwerkbijeenkomst Zorg en Veiligheid", None, None),
    )
    title, where, address = titles[number % len(titles)]
    day = date(2025, 10 + number // 3, 6 + number % 3 * 9)
    date_only = number % 4 == 3
    return replace(
        SAMPLE_EVENT,
        id=10 + number,
        key=f"{day.isoformat()}-{title.split()[0].lower()}",
        title=title,
        on_date=day,
        starts_at=None if date_only else datetime(day.year, day.month, day.day, 8, 0, tzinfo=UTC),
        ends_at=None if date_only else datetime(day.year, day.month, day.day, 10, 30, tzinfo=UTC),
        doors_at=None,
        place=where,
        address=address,
        online_url="https://online.veiligheidsalliantie.example/webinar"
        if number % 4 == 1
        else None,
        programme=(),
    )
