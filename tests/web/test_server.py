"""What holds for every answer: headers, errors, sizes, and that reading changes nothing."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute

from tests.seeding.site import PICTURE, Seeded, build_site_app, seed_site
from tests.web.conftest import Place
from var_outreach.dispatch.pauses import pause_transport, resume_transport
from var_outreach.errors import Conflict, StorageError
from var_outreach.storage.engine import Database
from var_outreach.web import about, newsletter
from var_outreach.web.server import FAMILIES, create_web

BROKEN = APIRouter()


@BROKEN.get("/kapot/{how}")
def fail(how: str) -> None:
    """Fail as asked."""
    if how == "conflict":
        raise Conflict("a secret of the inside")
    if how == "storage":
        raise StorageError("a secret of the inside")
    raise RuntimeError("a secret of the inside")


def every_page(site: Place) -> list[str]:
    """Return an address for each route that answers GET, several where it has several faces."""
    seeded, signer = site.seeded, site.app.signer
    signed = signer.sign("subscribe", str(seeded.pending_id))
    answers = (seeded.mayor, seeded.shared, seeded.late, seeded.off, seeded.past, seeded.withdrawn)
    pages = [
        "/", "/agenda", "/agenda?thema=mensenhandel", "/agenda.ics",
        *(f"/agenda/{key}" for key in seeded.public),
        *(f"/agenda/{key}/aanmelden" for key in seeded.public),
        *(f"/agenda/{key}.ics" for key in seeded.public),
        "/agenda/najaarscarrousel/aanmelden?ontvangen=plek",
        "/agenda/webinar-uitbuiting/aanmelden?ontvangen=wachtlijst",
        *(f"/antwoord/{token}" for token in answers),
        *(f"/antwoord/{token}?keuze=ja" for token in answers),
        *(f"/antwoord/{token}/klaar" for token in answers),
        *(f"/antwoord/{token}/bijeenkomst.ics" for token in answers),
        f"/mijn/{seeded.mayor_page}", f"/mijn/{seeded.reader_page}?bewaard=ja",
        f"/mijn/{seeded.mayor_page}/agenda.ics",
        f"/antwoord/{seeded.mayor}/ook-komen", f"/groep/{seeded.group}",
        f"/antwoord/{seeded.mayor}/workshops", f"/lijst/{seeded.list_check}",
        f"/spreker/{seeded.speaker}",
        f"/mijn/{seeded.mayor_page}/reeks/leerhuis", f"/partner/{seeded.partner}",
        "/inschrijven", "/inschrijven?verstuurd=ja", f"/inschrijven/bevestig/{signed}",
        f"/uitschrijven/{seeded.leave}",
        "/nieuwsbrief", "/nieuwsbrief/2025-09", "/nieuwsbrief/2025-09/brief",
        "/toegankelijkheid", "/privacy",
    ]  # fmt: skip
    machines = [
        f"/afbeelding/{PICTURE}", "/logo/unknown", "/.well-known/security.txt", "/robots.txt", "/sitemap.xml",
        "/gezond", "/static/site.css",
    ]  # fmt: skip
    return [*pages, *(f"/en{page}" for page in pages), *machines]


def dump(file: Path) -> list[str]:
    with sqlite3.connect(file) as connection:
        return list(connection.iterdump())


def get_routes(routes: list[BaseRoute]) -> list[re.Pattern[str]]:
    """Return the patterns of all routes that answer GET, also inside included routers."""
    found = []
    for route in routes:
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            found.append(route.path_regex)
    return found


@dataclass(frozen=True)
class Crawl:
    """Every page once by GET and once by HEAD, and the database before and after."""

    pages: dict[str, httpx.Response]
    before: list[str]
    after: list[str]
    woken: list[bool]

    def documents(self) -> Iterator[tuple[str, str]]:
        """Give the pages of ours that are HTML: not the letter in its frame."""
        for path, answer in self.pages.items():
            if "text/html" in answer.headers.get("content-type", "") and "/brief" not in path:
                yield path, answer.text


@pytest.fixture(scope="module")
def crawl(_seeded_file: tuple[Path, Seeded], tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    template, seeded = _seeded_file
    app = build_site_app(tmp_path_factory.mktemp("crawl"), template=template)
    woken: list[bool] = []
    app.wake = lambda: woken.append(True)
    file = Path(str(app.database.url.database))
    before = dump(file)
    with TestClient(create_web(app), follow_redirects=False) as client:
        paths = every_page(Place(app, client, seeded))
        pages = {path: client.get(path) for path in paths}
        for path in paths:
            assert client.head(path).status_code == pages[path].status_code
    app.database.close()
    return Crawl(pages, before, dump(file), woken)


def test_reading_changes_nothing(crawl: Crawl) -> None:
    for path, answer in crawl.pages.items():
        # No date, no calendar file; no logo in the shipped set-up.
        missing = answer.status_code == 404 and path.endswith((".ics", "/logo/unknown"))
        assert missing or answer.status_code in {200, 302, 303}, path
    assert crawl.after == crawl.before
    assert crawl.woken == []


def test_pages_work_on_both_databases(database: Database, tmp_path: Path) -> None:
    app = replace(build_site_app(tmp_path / "both"), database=database)
    seeded = seed_site(database)
    with TestClient(create_web(app, equal_seconds=0), follow_redirects=False) as client:
        place = Place(app, client, seeded)
        for path in every_page(place):
            if not path.startswith("/en/") and "/static/" not in path:
                assert client.get(path).status_code in {200, 302, 303, 404}, path
        assert place.send("/inschrijven", adres="lieke@capelle.example").status_code == 303
        assert place.send(f"/uitschrijven/{seeded.leave}").status_code == 200
        sent = place.send("/agenda/najaarscarrousel/aanmelden", naam="L", adres="l@capelle.example")
        assert sent.status_code == 303


def test_every_get_route_is_crawled(site: Place) -> None:
    paths = [path.partition("?")[0] for path in every_page(site)]
    routers = [*FAMILIES, about.machines, newsletter.pictures]
    for router in routers:
        for pattern in get_routes(router.routes):
            assert any(pattern.match(path) for path in paths), pattern.pattern


def test_head_has_the_head_of_get_and_no_body(site: Place) -> None:
    got, head = site.get("/agenda"), site.client.head("/agenda")
    assert head.content == b""
    assert head.headers == got.headers


@pytest.mark.parametrize(
    "path", ["/agenda", "/agenda/bestaat-niet", "/static/site.css", "/gezond", "/mijn/x"]
)
def test_security_headers_stand_on_every_answer(site: Place, path: str) -> None:
    headers = site.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in headers
    assert "set-cookie" not in headers


def test_https_site_asks_for_https(tmp_path: Path) -> None:
    app = build_site_app(tmp_path / "https", base_url="https://agenda.example")
    with TestClient(create_web(app)) as client:
        assert "max-age=" in client.get("/agenda").headers["strict-transport-security"]


def test_personal_pages_are_neither_stored_nor_indexed(site: Place) -> None:
    seeded = site.seeded
    for path in (
        f"/antwoord/{seeded.mayor}",
        f"/en/antwoord/{seeded.mayor}",
        f"/antwoord/{seeded.mayor}/bijeenkomst.ics",
        f"/mijn/{seeded.mayor_page}",
        f"/mijn/{seeded.mayor_page}/agenda.ics",
        f"/uitschrijven/{seeded.leave}",
        "/mijn/onbekend",
    ):
        headers = site.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
    assert "x-robots-tag" not in site.get("/agenda").headers


def test_pages_hold_no_script_and_no_inline_style(crawl: Crawl) -> None:
    for path, text in crawl.documents():
        assert "<script" not in text, path
        assert not re.search(r"<[^>]+\s(style|on\w+)=", text), path


def test_every_page_is_one_document_with_its_language(crawl: Crawl) -> None:
    for path, text in crawl.documents():
        language = "en" if path.startswith("/en") else "nl"
        assert f'<html lang="{language}">' in text
        assert text.count("<h1") == 1, path
        assert text.count("<main") == 1
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), path
        for target in re.findall(r'(?:for|aria-labelledby)="([^"]+)"', text):
            assert target in ids, (path, target)


def test_no_link_on_any_page_is_dead(crawl: Crawl, site: Place) -> None:
    links = {
        unescape(link)
        for _, text in crawl.documents()
        for link in re.findall(r'(?:href|src)="(/[^"]*)"', text)
    }
    assert len(links) > 60
    codes = {link: (crawl.pages.get(link) or site.get(link)).status_code for link in links}
    assert {link: code for link, code in codes.items() if code not in {200, 302, 303}} == {}


def test_wrong_method_is_a_page(site: Place) -> None:
    answer = site.client.post("/agenda")
    assert answer.status_code == 405
    assert "Dit kan op deze pagina niet" in answer.text
    assert "GET" in answer.headers["allow"]


def test_too_large_a_form_is_a_page(site: Place) -> None:
    path = f"/antwoord/{site.seeded.mayor}"
    answer = site.client.post(path, data={"opmerking": "x" * 70_000})
    assert answer.status_code == 413
    assert "Uw bericht is te lang" in answer.text
    assert "content-security-policy" in answer.headers

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1024

    sent = site.client.post(path, content=endless())
    assert sent.status_code == 413


def test_errors_of_the_inside_stay_inside(site: Place) -> None:
    web = create_web(site.app, [BROKEN])
    with TestClient(web, raise_server_exceptions=False) as client:
        for how, status, words in (
            ("conflict", 409, "Dit kan nu niet meer"),
            ("storage", 503, "De site werkt even niet"),
            ("else", 500, "Er ging iets mis"),
        ):
            answer = client.get(f"/kapot/{how}")
            assert answer.status_code == status
            assert words in answer.text
            assert "secret" not in answer.text
            assert "Traceback" not in answer.text
            assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "Something went wrong" in client.get("/en/kapot/else").text


@pytest.mark.parametrize("path", ["/antwoord", "/mijn", "/uitschrijven", "/inschrijven/bevestig"])
@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("how", ["storage", "else"])
def test_what_fails_is_logged_without_the_token_of_the_link(
    site: Place, caplog: pytest.LogCaptureFixture, prefix: str, path: str, how: str
) -> None:
    broken = APIRouter()
    broken.add_api_route(f"{path}/{{token}}/{{how}}", lambda how: fail(how), methods=["GET"])
    token = site.seeded.mayor
    with TestClient(create_web(site.app, [broken]), raise_server_exceptions=False) as client:
        caplog.clear()
        # The client in this test logs what it asks for; that is not the log of the site.
        with caplog.at_level(logging.DEBUG, logger="var_outreach"):
            client.get(f"{prefix}{path}/{token}/{how}")
    ours = [one for one in caplog.records if one.name.startswith("var_outreach")]
    said = "".join(logging.Formatter().format(one) for one in ours)
    assert f"GET {prefix}{path}/... failed" in said
    assert token not in said


ELSEWHERE = "elders.example"


@pytest.mark.parametrize("host", [ELSEWHERE, f"{ELSEWHERE}/x?", f"testserver@{ELSEWHERE}"])
def test_no_address_is_made_of_the_host_that_a_request_names(site: Place, host: str) -> None:
    """A page that sends on to a host of the sender's choosing lends our name to it."""
    seeded = site.seeded
    headers = {"Host": host, "X-Forwarded-Host": ELSEWHERE, "Forwarded": f"host={ELSEWHERE}"}
    slashed = ["/agenda/", "/en/agenda/", "/inschrijven/", f"/antwoord/{seeded.mayor}/", "/static"]
    for path in ("/", "/en", "/en/", *slashed, "//ander.example/", "/agenda//ander.example/"):
        for answer in (site.get(path, headers=headers), site.client.head(path, headers=headers)):
            assert re.fullmatch(r"|/(?!/).*", answer.headers.get("location", "")), path
            assert ELSEWHERE not in answer.text, path
    for path in slashed:
        assert site.get(path).status_code == 404, path
    for path in ("/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/agenda.ics"):
        assert ELSEWHERE not in site.get(path, headers=headers).text, path


def test_after_a_form_one_is_sent_on_within_the_site(site: Place) -> None:
    page = site.client.get("/inschrijven").text
    form = page.split('name="formulier" value="')[1].split('"')[0]
    sent = site.client.post(
        "/inschrijven",
        data={"adres": "lieke@capelle.example", "naam": "", "formulier": form},
        headers={"Host": ELSEWHERE, "Origin": "http://testserver"},
    )
    assert sent.headers["location"] == "/inschrijven?verstuurd=ja"


def test_broken_form_bodies_are_refused_without_a_traceback(site: Place) -> None:
    path = f"/antwoord/{site.seeded.mayor}"
    bodies: list[tuple[bytes, str]] = [
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"a=1", "multipart/form-data"),
        (b"%ff%fe=%00&" * 300, "application/x-www-form-urlencoded"),
        (b'{"keuze": 1}', "application/json"),
        (b"\xff\xfe\x00", "text/plain"),
    ]
    for body, kind in bodies:
        answer = site.client.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code in {400, 413, 422}, kind
        assert "Traceback" not in answer.text


def test_machines_find_what_they_ask_for(site: Place) -> None:
    assert site.get("/gezond").json()["status"] == "ok"
    security = site.get("/.well-known/security.txt").text
    assert "Contact: mailto:info@veiligheidsalliantie.example" in security
    assert "Expires: 2026-03-14T" in security
    robots = site.get("/robots.txt").text
    assert "Disallow: /antwoord/" in robots
    assert "Disallow: /en/mijn/" in robots
    sitemap = site.get("/sitemap.xml").text
    assert "<loc>http://testserver/en/agenda/najaarscarrousel</loc>" in sitemap
    assert "antwoord" not in sitemap


def test_health_tells_when_mail_stands_still(site: Place) -> None:
    assert site.get("/gezond").json()["sending"] == "ok"
    now = site.app.clock.now()
    with site.app.database.writing() as session:
        pause_transport(session, "smtp", reason="535 login refused", pause=None, now=now)
    answer = site.get("/gezond")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["sending"] == "paused"
    assert "535" not in answer.text, "why is for staff"
    with site.app.database.writing() as session:
        resume_transport(session, "smtp")
        pause_transport(session, "smtp", reason="x", pause=timedelta(minutes=5), now=now)
        site.app.clock.move_to(now + timedelta(minutes=6))  # type: ignore[attr-defined]
    assert site.get("/gezond").json()["sending"] == "ok", "a pause that is over is none"


def test_health_tells_when_the_database_is_gone(site: Place) -> None:
    site.app.database.close()
    Path(str(site.app.database.url.database)).write_bytes(b"this is not a database" * 100)
    for suffix in ("-wal", "-shm"):
        Path(f"{site.app.database.url.database}{suffix}").unlink(missing_ok=True)
    answer: httpx.Response = site.get("/gezond")
    assert answer.status_code == 503
    assert answer.json()["status"] == "fault"
