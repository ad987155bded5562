"""A small year: every kind of event, invitees, a reader, and two issues that went out."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState, Visibility
from var_outreach.agenda.yaml_rounds import SpeakerPlan
from var_outreach.app import App
from var_outreach.clock import MovableClock
from var_outreach.composing.content import Variant, place
from var_outreach.news.model import NewsImage
from var_outreach.outbox.model import Mailing, MailingContent, MailingState
from var_outreach.people.list_checks import ask_list
from var_outreach.people.model import Contact, Function, Organisation
from var_outreach.people.store import set_topics
from var_outreach.people.subscriptions import ask, confirm
from var_outreach.people.topics import seed_topics
from var_outreach.programme.speaking import put_speaker
from var_outreach.registrations.answers import Answer, record_answer, register_openly
from var_outreach.registrations.group_links import join_group, make_group_link
from var_outreach.registrations.invitees import invite, withdraw
from var_outreach.registrations.model import Invitation, RegistrationState
from var_outreach.registrations.naming import Named
from var_outreach.registrations.partner_access import grant_access
from var_outreach.settings import Settings
from var_outreach.storage.base import Base
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer, random_token

NOW = datetime(2025, 9, 15, 9, 0, tzinfo=UTC)
DOMAIN = "agenda.veiligheidsalliantie.example"
PICTURE = "ab" * 32
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0000000030001"
    "5cc8c5d50000000049454e44ae426082"
)


@dataclass(frozen=True)
class Invited:
    """What ``invite`` takes."""

    contact_id: int
    function_ids: tuple[int, ...] = ()


@dataclass
class Seeded:
    """The secrets that the tests need to find their pages."""

    mayor: str = ""
    """Answer token: one office, no answer yet, event with two places and a diet."""
    shared: str = ""
    """Answer token: three offices at one mailbox."""
    late: str = ""
    """Answer token: accepted, past the deadline."""
    off: str = ""
    """Answer token: the event is cancelled."""
    past: str = ""
    withdrawn: str = ""
    closed: str = ""
    """Answer token: an event that only its invitees may know of."""
    list_check: str = ""
    """Token of a list of offices that is looked through."""
    group: str = ""
    """Token of an organisation's own link, with places."""
    group_full: str = ""
    speaker: str = ""
    """Token of somebody who is asked to speak."""
    partner: str = ""
    """Token of a partner's colleague, for the event of the mayor."""
    mayor_page: str = ""
    """Contact token."""
    reader_page: str = ""
    leave: str = ""
    """Subscription token of an active reader."""
    pending_id: int = 0
    issue: str = "2025-09"
    public: list[str] = field(default_factory=list)


def build_site_app(
    folder: Path, *, base_url: str = "http://testserver", template: Path | None = None
) -> App:
    """Return an application on an SQLite file in ``folder``: a copy of ``template``, or empty."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "site.sqlite"
    if template is not None:
        shutil.copyfile(template, file)
    database = Database(f"sqlite:///{file}")
    if template is None:
        Base.metadata.create_all(database.engine)
    return App(
        settings=Settings(base_url=base_url, data_dir=folder),
        database=database,
        clock=MovableClock(NOW),
        signer=Signer(b"a key for tests, 32 octets long!"),
    )


def seed_site(database: Database) -> Seeded:
    """Fill ``database`` and return the secrets."""
    seeded = Seeded()
    with database.writing() as session:
        seed_topics(session)
        events = {event.key: event for event in _events()}
        session.add_all(events.values())
        session.flush()
        seeded.public = [
            key for key, event in events.items() if event.visibility is Visibility.PUBLIC
        ]
        _people(session, events, seeded)
        _readers(session, seeded)
        _issues(session)
    return seeded


def _moment(day: date, hour: int, minute: int = 0) -> datetime:
    """Return an hour in Amsterdam, summer time until 26 October 2025."""
    offset = 2 if date(2025, 3, 30) <= day < date(2025, 10, 26) else 1
    return datetime(day.year, day.month, day.day, hour - offset, minute, tzinfo=UTC)


def make_event(key: str, title: str, kind: str, day: date | None, **fields: Any) -> Event:
    """Return an event that is not in a session yet."""
    hours: dict[str, Any] = {"starts_at": None, "ends_at": None, "doors_at": None}
    if day is not None and fields.pop("timed", True):
        hours = {
            "starts_at": _moment(day, 9, 30),
            "ends_at": _moment(day, 12),
            "doors_at": _moment(day, 9),
        }
    values: dict[str, Any] = {
        "key": key,
        "source": "test",
        "source_id": key,
        "kind": kind,
        "title": title,
        "state": EventState.CONFIRMED,
        "visibility": Visibility.PUBLIC,
        "on_date": day,
        "programme": [],
        "partners": [],
        "notes": [],
        "recap_links": [],
        "series_uid": f"{key}@{DOMAIN}",
        "known_at": NOW - timedelta(days=200),
        "date_known_at": NOW - timedelta(days=200),
        "changed_at": NOW - timedelta(days=10),
        "imported": {},
        **hours,
    }
    return Event(**{**values, **fields})


def _events() -> list[Event]:
    programme = [
        {"from": "09.30", "to": "09.45", "title": "Welkom"},
        {
            "from": "09.45",
            "to": "10.45",
            "title": "Oplichting via de telefoon: wat kan de gemeente doen?",
            "speaker": "Team cybercrime, politie eenheid Rotterdam",
        },
        {"from": "11.00", "to": "12.00", "title": "Drie werkrondes langs de tafels"},
    ]
    return [
        make_event(
            "najaarscarrousel", "Najaarscarrousel: digitaal weerbaar", "carrousel",
            date(2025, 10, 16), topic_key="digitale-veiligheid", place="Stadhuis Dordrecht",
            address="Stadhuisplein 1, Dordrecht", capacity=100, registration_open=True,
            asks_diet=True, answer_by_on=date(2025, 10, 9), programme=programme,
            meant_for="adviseurs veiligheid van gemeenten, politie en Openbaar Ministerie",
            partners=["gemeente-dordrecht", "riec-rotterdam"],
            description="Hoe blijft uw gemeente een stap voor? **Drie tafels**, drie "
            "voorbeelden uit de regio. U gaat naar huis met een plan voor morgen.\n\n"
            "- Wat werkt aan de balie\n- Wat werkt online\n- Wie u kunt bellen",
        ),
        make_event(
            "webinar-uitbuiting", "Webinar: signalen van uitbuiting", "webinar",
            date(2025, 10, 30), topic_key="mensenhandel", capacity=1, registration_open=True,
            online_url="https://webinar.veiligheidsalliantie.example/uitbuiting",
        ),
        make_event(
            "conferentie-2025", "Conferentie Samen veilig", "conferentie", date(2025, 11, 27),
            timed=False, topic_key="maatschappelijk-ongenoegen",
            place="Rotterdam",
        ),
        make_event(
            "carrousel-jeugd", "Carrousel Jeugd en veiligheid", "carrousel", date(2025, 11, 6),
            topic_key="jeugd-en-veiligheid", place="Gemeentehuis Barendrecht",
            state=EventState.CANCELLED,
        ),
        make_event(
            "netwerkdag", "Netwerkdag Zorg en veiligheid", "netwerkbijeenkomst",
            date(2025, 10, 9), topic_key="zorg-en-veiligheid", state=EventState.POSTPONED,
        ),
        make_event(
            "netwerklunches", "Netwerklunches", "netwerkbijeenkomst", None, quantity=3,
            state=EventState.UNDATED,
        ),
        make_event(
            "voorjaarscarrousel", "Voorjaarscarrousel: drugs in de wijk", "carrousel",
            date(2025, 5, 22), state=EventState.HELD, place="Stadhuis Schiedam",
            recap_markdown="Negentig mensen kwamen naar Schiedam.\n\n## Wat bleef hangen\n\n"
            "Begin klein, en begin samen.",
            recap_links=[{"title": "De presentaties", "url": "https://var.example/dia.pdf"}],
        ),
        make_event(
            "leerhuis-november", "Leerhuis Ondermijning", "leerhuis", date(2025, 11, 17),
            visibility=Visibility.NETWORK, capacity=2, asks_diet=True,
            place="Stadhuis Dordrecht", answer_by_on=date(2025, 11, 3),
            meant_for="burgemeesters, wethouders en hun adviseurs", programme=programme,
        ),
        make_event(
            "leerhuis-september", "Leerhuis Weerbare wijken", "leerhuis", date(2025, 9, 25),
            visibility=Visibility.NETWORK, answer_by_on=date(2025, 9, 10),
        ),
        make_event(
            "leerhuis-af", "Leerhuis Haven", "leerhuis", date(2025, 10, 2),
            visibility=Visibility.NETWORK, state=EventState.CANCELLED,
        ),
        make_event(
            "leerhuis-geweest", "Leerhuis Cijfers", "leerhuis", date(2025, 4, 7),
            visibility=Visibility.NETWORK,
        ),
        make_event(
            "werksessie-besloten", "Werksessie achter gesloten deuren", "werksessie",
            date(2025, 12, 4), visibility=Visibility.CLOSED,
        ),
        make_event(
            "leerhuis-december", "Leerhuis Jaarplan", "leerhuis", date(2025, 12, 11),
            visibility=Visibility.NETWORK,
        ),
    ]  # fmt: skip


def add_contact(session: Session, name: str, address: str, **fields: Any) -> Contact:
    """Add a contact of the network."""
    contact = Contact(
        name=name,
        address=address,
        token=random_token(),
        source="de adressenlijst van de gemeente",
        legal_basis="public_task",
        created_at=NOW,
        **fields,
    )
    session.add(contact)
    session.flush()
    return contact


def _people(session: Session, events: dict[str, Event], seeded: Seeded) -> None:
    town = Organisation(key="gemeente-dordrecht", name="Gemeente Dordrecht", kind="gemeente")
    riec = Organisation(key="riec-rotterdam", name="RIEC Rotterdam", kind="riec")
    session.add_all([town, riec])
    session.flush()
    desk = add_contact(
        session, "Bestuurssecretariaat", "bestuur@dordrecht.example", organisation=town
    )
    mayor = add_contact(session, "Marit Voorbeeld", "mv@dordrecht.example", organisation=town)
    offices = [
        Function(organisation=town, role="burgemeester", holder=mayor),
        Function(organisation=town, role="wethouder", portfolio="jeugd", secretariat=desk),
        Function(organisation=town, role="wethouder", portfolio="zorg", secretariat=desk),
        Function(organisation=town, role="gemeentesecretaris", secretariat=desk),
    ]
    session.add_all(offices)
    session.flush()
    set_topics(session, mayor, ["mensenhandel"])

    def invited(key: str, contact: Contact, *functions: Function) -> Invitation:
        ids = tuple(function.id for function in functions)
        who = Invited(contact.id, ids)
        return invite(session, events[key], who, uid_domain=DOMAIN, now=NOW)

    seeded.mayor = invited("leerhuis-november", mayor, offices[0]).token
    seeded.shared = invited("leerhuis-november", desk, *offices[1:]).token
    late = invited("leerhuis-september", mayor, offices[0])
    record_answer(
        session,
        late.registrations[0],
        Answer(RegistrationState.ACCEPTED, "Marit Voorbeeld"),
        via="page",
        now=NOW - timedelta(days=20),
    )
    seeded.late = late.token
    seeded.off = invited("leerhuis-af", mayor, offices[0]).token
    seeded.past = invited("leerhuis-geweest", mayor, offices[0]).token
    seeded.closed = invited("werksessie-besloten", mayor, offices[0]).token
    gone = invited("leerhuis-december", mayor, offices[0])
    withdraw(session, gone.registrations[0], by="staf", now=NOW)
    seeded.withdrawn = gone.token
    seeded.mayor_page = mayor.token
    talk = SpeakerPlan("Sem Spreker", "sem@spreker.example", "Samen kijken naar de wijk")
    zone = ZoneInfo("Europe/Amsterdam")
    asked, _, _ = put_speaker(session, events["leerhuis-december"], talk, zone=zone, now=NOW)
    seeded.speaker = asked.token
    seeded.partner = grant_access(
        session, events["leerhuis-november"], name="Robin Collega", partner_key="riec",
        until_on=date(2025, 11, 20), by="staf", now=NOW, today=NOW.date(),
    ).token  # fmt: skip
    for name, places in (("group", 3), ("group_full", 1)):
        link = make_group_link(
            session, events["leerhuis-december"], town, places=places, meant_for="raadsleden",
            by="staf", now=NOW,
        )  # fmt: skip
        setattr(seeded, name, link.token)
    lid = Named("Roos Raadslid", "raadslid", "roos@raad.example")
    join_group(session, link, lid, uid_domain=DOMAIN, now=NOW)
    check, _ = ask_list(session, town, desk, until_on=date(2025, 10, 31), now=NOW)
    seeded.list_check = check.token
    register_openly(
        session, events["webinar-uitbuiting"], name="Joris Testman",
        address="joris@schiedam.example", uid_domain=DOMAIN, now=NOW,
    )  # fmt: skip


def _readers(session: Session, seeded: Seeded) -> None:
    asked = {"source": "test", "wording": "test-1"}
    active = ask(session, "lezer@ridderkerk.example", "Noor Lezer", "nl", now=NOW, **asked)
    session.flush()
    confirm(session, active.id, now=NOW, **asked)
    pending = ask(session, "nieuw@brielle.example", "", "nl", now=NOW, **asked)
    session.flush()
    seeded.leave = active.token
    seeded.reader_page = active.contact.token
    seeded.pending_id = pending.id


def _issues(session: Session) -> None:
    session.add(NewsImage(sha256=PICTURE, media_type="image/png", width=1, height=1, body=PNG))
    for key, state, day in (
        ("2025-09", MailingState.SENT, 4),
        ("2025-07", MailingState.SENT, 3),
        ("2025-10", MailingState.DRAFT, 14),
    ):
        at = datetime(2025, int(key[-2:]), day, 8, 0, tzinfo=UTC)
        session.add(_issue(key, state, at))


def _issue(key: str, state: MailingState, at: datetime) -> Mailing:
    month = {"2025-07": "juli", "2025-09": "september", "2025-10": "oktober"}[key]
    html = (
        '<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Nieuwsbrief</title>'
        "</head><body style='margin:0;background:#F7F6F3;color:#1C262B;font:16px/24px Arial'>"
        "<main style='max-width:600px;margin:0 auto;padding:24px;background:#FFFFFF'>"
        f"<h1>Nieuwsbrief {month} 2025</h1><p>Wat er speelt in de regio.</p>"
        "<h2>Digitale veiligheid</h2>"
        f'<img src="/afbeelding/{PICTURE}" alt="Een balie" width="552" height="120">'
        '<h3><a href="https://riec.example/bericht" style="color:#0E5A63">Oefenen aan de balie'
        "</a></h3><p>Drie gemeenten oefenden samen.</p>"
        '<p><a href="/nieuwsbrief" style="color:#0E5A63">Archief hier</a> &#183; '
        f'<a href="{place("unsubscribe_url")}" style="color:#0E5A63">Uitschrijven</a></p>'
        "</main></body></html>"
    )
    variant = Variant("nl", "nl", f"Nieuwsbrief {month}: samen aan tafel", "tekst", html)
    archive = Variant(
        "nl/archive", "nl", variant.subject, "tekst", html.replace("Uitschrijven", "Archief")
    )
    variants = [variant, archive] if key == "2025-09" else [variant]
    mailing = Mailing(
        key=f"newsletter:{key}", kind="newsletter", subject_key=key, state=state,
        audience={}, scheduled_at=at, reason="test", created_by="test", created_at=at,
        released_at=at if state is MailingState.SENT else None,
    )  # fmt: skip
    mailing.contents = [
        MailingContent(version=1, variant=one.key, hash="x", body=one.serialise())
        for one in variants
    ]
    return mailing
