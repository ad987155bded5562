"""Pages about the site itself, and what machines ask for.

*Reads*: settings, and the keys of what is public. *Writes*: nothing. *Next*: nothing.
"""

from __future__ import annotations

from datetime import timedelta
from xml.sax.saxutils import escape

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from var_outreach import __version__
from var_outreach.composing.partners import MEDIA_TYPES
from var_outreach.dispatch.pauses import all_pauses
from var_outreach.errors import NotFound, StorageError
from var_outreach.web.event_view import public_events
from var_outreach.web.guard import PRIVATE
from var_outreach.web.newsletter import sent_issues
from var_outreach.web.site import ENGLISH, HereDep

router = APIRouter()
machines = APIRouter()


@router.get("/toegankelijkheid")
def show_accessibility(here: HereDep) -> Response:
    """Show the accessibility statement."""
    return here.page("accessibility.html")


@router.get("/privacy")
def show_privacy(here: HereDep) -> Response:
    """Show what is kept of people, why, and for how long."""
    return here.page("privacy.html")


@machines.get("/logo/{key}")
def show_logo(here: HereDep, key: str) -> Response:
    """Send the logo of a partner, as it stands in mail and on pages."""
    partner = here.app.partners.get(key)
    if partner is None or partner.logo is None:
        raise NotFound("there is no such logo")
    media_type = MEDIA_TYPES[partner.logo.suffix.lower()]
    headers = {"Cache-Control": "public, max-age=86400"}
    return FileResponse(partner.logo, media_type=media_type, headers=headers)


@machines.get("/robots.txt")
def tell_robots(here: HereDep) -> Response:
    """Keep crawlers away from personal links, and show them the map."""
    private = [f"Disallow: {base}/{path}/" for base in ("", ENGLISH) for path in PRIVATE]
    lines = ["User-agent: *", *private, f"Sitemap: {here.app.settings.base_url}/sitemap.xml"]
    return PlainTextResponse("\n".join(lines) + "\n")


@machines.get("/sitemap.xml")
def show_map(here: HereDep) -> Response:
    """List every public page in both languages (sitemaps.org 0.9)."""
    with here.app.database.reading() as session:
        events = [f"/agenda/{one.key}" for one in public_events(session, here)]
        issues = [f"/nieuwsbrief/{one.key}" for one in sent_issues(session, here)]
    fixed = ["/agenda", "/nieuwsbrief", "/inschrijven", "/toegankelijkheid", "/privacy"]
    base = here.app.settings.base_url
    urls = "".join(
        f"<url><loc>{escape(base + prefix + path)}</loc></url>\n"
        for path in [*fixed, *events, *issues]
        for prefix in ("", ENGLISH)
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    )
    return Response(xml, media_type="application/xml")


@machines.get("/.well-known/security.txt")
def show_security_contact(here: HereDep) -> Response:
    """Say where a weakness can be reported (RFC 9116)."""
    base = here.app.settings.base_url
    expires = (here.now + timedelta(days=180)).replace(microsecond=0, second=0, minute=0)
    lines = [
        f"Contact: mailto:{here.app.network.contact_address}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: nl, en",
        f"Canonical: {base}/.well-known/security.txt",
    ]
    return PlainTextResponse("\n".join(lines) + "\n")


@machines.get("/gezond")
def show_health(here: HereDep) -> Response:
    """Tell a monitor whether the site can do its work, and whether mail stands still.

    A pause is no fault of the site: people find their pages, and no mail is lost. So it is told
    with status 200, lest a monitor restarts what works.
    """
    try:
        with here.app.database.reading() as session:
            session.execute(text("SELECT COUNT(*) FROM event"))
            paused = bool(all_pauses(session, now=here.now))
    except (SQLAlchemyError, StorageError):
        return JSONResponse({"status": "fault", "database": "unreachable"}, status_code=503)
    return JSONResponse(
        {
            "status": "ok",
            "database": "ok",
            "sending": "paused" if paused else "ok",
            "version": __version__,
        },
        headers={"Cache-Control": "no-store"},
    )
