"""A regionale tafel is besloten: whoever is not invited learns no title, date or place of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from urllib.parse import quote, unquote, urljoin, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.story.scene import MAILBOXES, READERS, Story, moment
from tests.story.sink import Caught
from var_outreach.agenda.model import Event, Visibility
from var_outreach.agenda.store import find_event
from var_outreach.people.model import Contact, Organisation
from var_outreach.registrations.group_links import close_group_link, make_group_link
from var_outreach.registrations.invitees import withdraw
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.staff import agenda as staff_agenda
from var_outreach.staff import partners as staff_partners
from var_outreach.web.server import create_web

BASE = "https://agenda.var.example"
DAY = date(2025, 2, 27)
PUBLIC = (
    "id: open, kind: carrousel, title: Winterzitting over water, date: 2025-02-20, from: 9.30, "
    "to: 12.00, place: Stadhuis Schiedam, registration_open: true",
    "id: nog, kind: webinar, title: Webinar over dijken, visibility: openbaar, date: 2025-04-03",
)
CLOSED = (
    "id: tafel, kind: regionale-tafel, title: Tafel Zwaluwstaart, date: 2025-02-27, from: 9.30, "
    "to: 12.00, place: Kasteel Ravenhorst, address: Slotlaan 9, capacity: 3, topic: mensenhandel, "
    "registration_open: true, invite: leerhuis, description: Over de nachtegaal, "
    "programme: [{time: 9.30, text: De ijsvogel}], questions: [dieet, kenteken]"
)
WORDS = ("zwaluwstaart", "ravenhorst", "slotlaan", "nachtegaal", "ijsvogel", "regionale tafel",
         "regional table", "regionale-tafel")  # fmt: skip
START_PAGES = ("/", "/en", "/robots.txt", "/sitemap.xml", "/agenda.ics", "/en/agenda.ics",
               "/.well-known/security.txt", "/gezond", "/feed", "/rss", "/atom.xml")  # fmt: skip
SHAPES = ("/agenda/{}", "/agenda/{}.ics", "/agenda/{}/aanmelden", "/antwoord/{}", "/partner/{}",
          "/groep/{}", "/mijn/{}", "/spreker/{}", "/lijst/{}", "/nieuwsbrief/{}",
          "/agenda/{}/aanmelden?ontvangen=plek", "/antwoord/{}/klaar", "/antwoord/{}/ook-komen",
          "/antwoord/{}/workshops", "/antwoord/{}/bijeenkomst.ics", "/mijn/{}/agenda.ics",
          "/mijn/{}/reeks/regionale-tafel", "/agenda/{}/", "/logo/{}")  # fmt: skip


def written(day: date) -> re.Pattern[str]:
    """Return a pattern for ``day`` in every form in which a page, feed or header may write it."""
    names = {2: ("februari", "february", "feb")}[day.month]
    number, month = f"0?{day.day}(?:e|th)?", f"(?:{'|'.join(names)})"
    forms = (
        rf"\b{number}[ -]+(?:of )?{month}\b",
        rf"\b{month}\.?[ -]+{number}\b",
        rf"{day.year}[-/.]?0?{day.month}[-/.]?0?{day.day}(?!\d)",
        rf"\b0?{day.day}[-/.]0?{day.month}(?:[-/.](?:20)?25)?(?!\d)",
        str(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()))[:5] + r"\d{5}\b",
    )
    return re.compile("|".join(forms), re.IGNORECASE)


DATE = written(DAY)


def leaks(answer: httpx.Response) -> set[str]:
    """Return what an answer says of the closed event, in its headers, bytes or words."""
    heads = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    raw = answer.content.decode("utf-8", "replace")
    return said_in(f"{heads}\n{raw}")


def said_in(raw: str) -> set[str]:
    """Return the words and dates of the closed event in ``raw``, also between tags or encoded."""
    shown = " ".join(unescape(re.sub(r"<[^>]+>", " ", raw)).split())
    everything = (
        f"{raw}\n{shown}\n{unquote(raw)}\n{unescape(raw)}\n{raw.replace(chr(10) + ' ', '')}"
    )
    found = {word for word in WORDS if word in everything.lower()}
    return found | {match[0] for match in DATE.finditer(everything)}


class Outsider:
    """Somebody without any link of ours, who follows all that they find."""

    def __init__(self, story: Story) -> None:
        self.client = TestClient(
            create_web(story.start(), equal_seconds=0), base_url=BASE, follow_redirects=False
        )

    def crawl(self) -> dict[str, httpx.Response]:
        """Return every answer that can be reached from the front page in both languages."""
        seen: dict[str, httpx.Response] = {}
        waiting = list(START_PAGES)
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            answer = seen[path] = self.client.get(path)
            waiting += [found for found in links(answer, path) if found not in seen]
        return seen


def links(answer: httpx.Response, path: str) -> Iterator[str]:
    raw = unescape(answer.text) if "font" not in answer.headers.get("content-type", "") else ""
    named = re.findall(r"""(?:href|src|action)=["']([^"']+)""", raw)
    named += re.findall(r"(?:<loc>|URL[^:\n]*:|Sitemap: )(\S+?)(?=<|\s|$)", raw)
    for one in (*named, answer.headers.get("location", "")):
        url = urlsplit(urljoin(f"{BASE}{path}", one.replace("webcal://", "https://")))
        if one and f"{url.scheme}://{url.netloc}" == BASE:
            yield url.path + (f"?{url.query}" if url.query else "")


@pytest.fixture
def told(story: Story) -> Story:
    """The day after the newsletter of February: the table was planned, and its people invited."""
    story.plan(*PUBLIC, CLOSED)
    assert story.event("tafel").visibility is Visibility.CLOSED, "what its kind says"
    story.at(moment(1, 16, 10))
    story.tick()
    invited = story.send("invitation", "tafel")
    assert {one.recipient for one in invited} == set(MAILBOXES)
    assert said_in(decoded(invited[0])) >= {"zwaluwstaart", "ravenhorst"}
    story.answer("tafel", MAILBOXES[0], RegistrationState.ACCEPTED)
    story.until_quiet()
    story.sink.take()
    story.at(moment(1, 31))
    story.news("Oefenen aan de balie", on=date(2025, 1, 30))
    story.tick()
    story.release("newsletter")
    story.at(moment(2, 4, 10))
    story.tick()
    return story


def decoded(mail: Caught) -> str:
    """Return a mail as it was sent, and every part of it as it is read."""
    parts = [part.get_content() for part in mail.mail.walk() if not part.is_multipart()]
    texts = [part if isinstance(part, str) else repr(part) for part in parts]
    # The day on which a mail goes out is no secret, and stands in its headers.
    return "\n".join([str(mail.mail["Subject"]), *texts])


def tokens(story: Story, source_id: str) -> dict[str, str]:
    with story.database.reading() as session:
        rows = session.execute(
            select(Contact.address, Invitation.token)
            .join(Invitation, Invitation.contact_id == Contact.id)
            .where(Invitation.event_id == story.event(source_id).id)
        )
        return {str(address): token for address, token in rows}


def test_the_search_finds_what_it_looks_for() -> None:
    for form in ("donderdag 27 februari 2025", "27 February", "February 27th", "2025-02-27",
                 "DTSTART:20250227T083000Z", "27-2-2025", "27/02", "27 feb",
                 "<span>do</span> <b>27</b> <span>feb</span>", "Kasteel%20Ravenhorst",
                 "Tafel Zwaluw\r\n staart".replace("\r", "")):  # fmt: skip
        assert said_in(form), form
    for other in ("20 februari 2025", "27 maart", "2025-02-28", "127 februa", "2025-12-02"):
        assert not said_in(other), other


def test_an_outsider_who_reads_everything_learns_nothing(told: Story) -> None:
    found = Outsider(told).crawl()
    assert {"/agenda", "/en/agenda", "/nieuwsbrief", "/sitemap.xml", "/agenda.ics"} <= found.keys()
    pages = [path for path in found if path.startswith("/nieuwsbrief/") and path.endswith("/brief")]
    assert pages, "the newsletter stands in the archive"
    assert "Winterzitting over water" in found[pages[0]].text, "and announces what is public"
    assert len([path for path in found if path.startswith(("/agenda/", "/en/agenda/"))]) >= 8
    assert {path: leaks(answer) for path, answer in found.items() if leaks(answer)} == {}


def test_the_newsletter_says_nothing_to_its_readers(told: Story) -> None:
    letters = [one for one in told.sink.take() if one.recipient in READERS]
    assert {one.recipient for one in letters} == set(READERS)
    assert "Winterzitting over water" in decoded(letters[0])
    assert {one.recipient: said_in(decoded(one)) for one in letters if said_in(decoded(one))} == {}


def test_once_held_its_look_back_stays_closed_too(told: Story) -> None:
    told.sink.take()
    told.at(moment(2, 28, 10))
    told.edit("tafel", recap_markdown="De nachtegaal zong op Ravenhorst.")
    told.edit("open", recap_markdown="Er kwamen veertig mensen naar Schiedam.")
    told.news("Nog een bericht", on=date(2025, 2, 20))
    told.tick()
    told.release("newsletter")
    told.at(moment(3, 4, 10))
    told.until_quiet()
    letters = [one for one in told.sink.take() if one.recipient in READERS]
    assert len(letters) == len(READERS)
    assert {one.recipient for one in letters if said_in(decoded(one)) - {"27 feb"}} == set()
    found = Outsider(told).crawl()
    assert {path: leaks(answer) for path, answer in found.items() if leaks(answer)} == {}


def test_the_site_is_the_same_with_and_without_it(told: Story) -> None:
    """One more closed event, whatever becomes of it, changes no byte of what an outsider gets."""
    before = everything(told)
    more = CLOSED.replace("id: tafel", "id: meer").replace("02-27", "03-13")
    told.plan(*PUBLIC, CLOSED, more)
    assert everything(told) == before
    told.edit("meer", recap_markdown="Een terugblik", place="Ravenhorst bis")
    key = told.event("meer").key
    with told.database.writing() as session:
        # Held instead of something public that was postponed: the old page may not lead there.
        event = find_event(session, key)
        event.replaces = session.scalars(select(Event).where(Event.source_id == "tafel")).one()
    assert everything(told) == before
    staff_agenda.cancel_event(told.start(), key, by="staf")
    assert everything(told) == before


def everything(story: Story) -> dict[str, tuple[int, list[tuple[str, str]], bytes]]:
    found = Outsider(story).crawl()
    return {
        path: (answer.status_code, sorted(answer.headers.items()), answer.content)
        for path, answer in found.items()
    }


def test_a_public_event_that_was_postponed_does_not_lead_to_a_closed_successor(
    told: Story,
) -> None:
    staff_agenda.edit_event(told.start(), told.event("open").key, {"state": "postponed"}, by="s")
    with told.database.writing() as session:
        row = find_event(session, told.event("tafel").key)
        row.replaces = find_event(session, told.event("open").key)
    found = Outsider(told).crawl()
    assert {path: leaks(answer) for path, answer in found.items() if leaks(answer)} == {}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
def test_forbidden_and_unknown_answer_alike(told: Story, method: str) -> None:
    outsider = Outsider(told)
    key = told.event("tafel").key
    assert said_in(key), "the key itself names it, so it must open nothing"
    form = (
        {"data": {"naam": "Iemand", "adres": "iemand@elders.example"}} if method == "POST" else {}
    )
    for prefix in ("", "/en"):
        for shape in SHAPES:
            closed, unknown = (
                outsider.client.request(method, prefix + shape.format(name), **form)
                for name in (key, key.replace("tafel", "zomer"))
            )
            assert same(closed) == same(unknown), shape
            assert not leaks(closed), shape
            assert closed.status_code in {404, 405}, (shape, closed.status_code)


def same(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.content, sorted(answer.headers.items())


def test_links_that_are_over_answer_as_links_that_never_were(told: Story) -> None:
    outsider, key = Outsider(told), told.event("tafel").key
    app = told.start()
    revoked = staff_partners.grant(app, key, name="Robin", until_on=DAY, by="kernteam A")
    staff_partners.revoke(app, revoked.id)
    ended = staff_partners.grant(app, key, name="Robin", until_on=date(2025, 2, 4), by="kernteam A")
    with told.database.writing() as session:
        event = find_event(session, key)
        town = session.scalars(select(Organisation)).first()
        assert town is not None
        link = make_group_link(session, event, town, places=2, by="s", now=told.clock.now())
        close_group_link(session, link, now=told.clock.now())
        group = link.token
        address = MAILBOXES[1]
        row = session.scalars(
            select(Registration).join(Contact, Contact.id == Registration.contact_id)
            .where(Registration.event_id == event.id, Contact.address == address)
        ).one()  # fmt: skip
        withdraw(session, row, by="staf", now=told.clock.now())
    told.clock.advance(timedelta(days=1))
    off = tokens(told, "tafel")[address]
    for over in (
        revoked.url.removeprefix(BASE),
        ended.url.removeprefix(BASE),
        f"/groep/{group}",
        f"/antwoord/{off}",
        f"/antwoord/{off}/klaar",
        f"/antwoord/{off}/workshops",
        f"/antwoord/{off}/bijeenkomst.ics",
        f"/antwoord/{off}/ook-komen",
    ):
        family, _, rest = over[1:].partition("/")
        never = f"/{family}/{'a' * 26}{rest[26:]}"
        for prefix in ("", "/en"):
            was, was_not = outsider.client.get(prefix + over), outsider.client.get(prefix + never)
            assert same(was) == same(was_not), over
            assert was.status_code == 404
            assert not leaks(was)


def test_a_wrong_address_is_not_repeated(told: Story) -> None:
    """An error page may not say back what somebody guessed, nor lead on to it."""
    outsider = Outsider(told)
    for path in ("/zwaluwstaart", "/agenda?thema=zwaluwstaart", "/agenda/" + quote("Zwaluwstaart!"),
                 "/inschrijven?verstuurd=zwaluwstaart", "/nieuwsbrief/zwaluwstaart"):  # fmt: skip
        answer = outsider.client.get(path)
        heads = str(sorted(answer.headers.items()))
        assert "zwaluwstaart" not in heads.lower()
        if answer.status_code == 404:
            assert "zwaluwstaart" not in answer.text.lower()


def test_whoever_is_invited_sees_it(told: Story) -> None:
    outsider = Outsider(told)
    own = tokens(told, "tafel")
    assert own.keys() == set(MAILBOXES)
    for token in own.values():
        page = outsider.client.get(f"/antwoord/{token}")
        assert page.status_code == 200
        assert leaks(page) >= {"zwaluwstaart", "ravenhorst", "27 februari"}
        assert "noindex" in page.headers["x-robots-tag"]
        assert page.headers["cache-control"] == "no-store"
    with told.database.reading() as session:
        invitee, reader = (
            session.scalars(select(Contact.token).where(Contact.address == address)).one()
            for address in (MAILBOXES[0], READERS[0])
        )
    assert "zwaluwstaart" in leaks(outsider.client.get(f"/mijn/{invitee}"))
    feed = outsider.client.get(f"/mijn/{invitee}/agenda.ics")
    assert "zwaluwstaart" in leaks(feed)
    for path in (f"/mijn/{reader}", f"/mijn/{reader}/agenda.ics",
                 f"/mijn/{reader}/reeks/regionale-tafel"):  # fmt: skip
        # The kind stands in an address that the reader made up; nothing is said of an event.
        answer = outsider.client.get(path)
        assert not leaks(answer) - {"regionale-tafel", "regionale tafel"}, path
