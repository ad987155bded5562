"""The site's own memory, and how a template becomes a page.

*Reads*: the ``App``, ``templates/``. *Writes*: nothing. *Next*: every router takes ``Here`` and
answers with ``here.page(...)``.

English lives under ``/en``, with the same addresses behind it; a template never needs to know.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from importlib import resources
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from var_outreach.app import App
from var_outreach.clock import local_date
from var_outreach.i18n import LANGUAGES, Phrases, format_date, format_day, format_time, phrases
from var_outreach.web.limits import Limits
from var_outreach.web.markdown import render_markdown

ENGLISH = "/en"
STATIC = resources.files("var_outreach") / "web" / "static"


class Site:
    """What lives as long as the site: the application, its templates, its counters."""

    def __init__(self, app: App, *, equal_seconds: float = 0.3) -> None:
        self.app = app
        self.limits = Limits()
        self.equal_seconds = equal_seconds
        """How long every answer of a public form takes, whatever was found."""
        self._environments = {language: self._environment(language) for language in LANGUAGES}

    def environment(self, language: str) -> Environment:
        """Return the templates in ``language``."""
        return self._environments[language]

    def _environment(self, language: str) -> Environment:
        folder = str(resources.files("var_outreach") / "web" / "templates")
        environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        words = phrases(language)
        environment.install_gettext_callables(  # type: ignore[attr-defined]
            words.gettext, words.ngettext, newstyle=True
        )
        zone = self.app.settings.zone
        environment.filters.update(
            day=lambda value: format_date(value, language),
            date=lambda value: format_date(value, language, weekday=False),
            short_day=lambda value: format_day(value, language),
            moment=lambda value: format_date(local_date(value, zone), language),
            clock=lambda value: format_time(value, zone, language),
            markdown=lambda value: Markup(render_markdown(value)),
            local_iso=lambda value: value.astimezone(zone).isoformat(),
        )
        environment.globals.update(network=self.app.network, assets=_fingerprint())
        return environment


class Here:
    """One request: its language, its moment, its way to a page."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.site: Site = request.app.state.site
        self.app: App = self.site.app
        self.language = language_of(request.url.path)
        self.now: datetime = self.app.clock.now()
        self.words: Phrases = phrases(self.language)

    @property
    def today(self) -> date:
        """The date in the zone of the settings."""
        return local_date(self.now, self.app.settings.zone)

    @property
    def prefix(self) -> str:
        """What stands before every address in this language."""
        return ENGLISH if self.language == "en" else ""

    def _(self, phrase: str, **values: object) -> str:
        """Return ``phrase`` in the language of the page, with ``values`` in its places."""
        text = self.words.gettext(phrase)
        return text % values if values else text

    def path(self, path: str) -> str:
        """Return ``path`` in the language of this page."""
        return f"{self.prefix}{path}"

    def absolute(self, path: str) -> str:
        """Return the full address of ``path``, in the language of this page."""
        return f"{self.app.settings.base_url}{self.prefix}{path}"

    def see(self, path: str) -> RedirectResponse:
        """Return a redirect that a browser follows with GET (303) after a form."""
        return RedirectResponse(self.path(path), status_code=303)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        twin: str | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """Return ``template`` as a page.

        ``twin`` is the path of the same page for the language switch, without prefix; this
        request's own unless given.
        """
        bare = self.request.url.path.removeprefix(self.prefix) or "/agenda"
        query = f"?{self.request.url.query}" if self.request.url.query else ""
        environment = self.site.environment(self.language)
        html = environment.get_template(template).render(
            here=self,
            path=self.path,
            language=self.language,
            bare=bare,
            twin=(bare + query) if twin is None else twin,
            **context,
        )
        return HTMLResponse(html, status_code=status)


def language_of(path: str) -> str:
    """Return the language of the page at ``path``."""
    return "en" if path == ENGLISH or path.startswith(f"{ENGLISH}/") else "nl"


def _here(request: Request) -> Here:
    return Here(request)


HereDep = Annotated[Here, Depends(_here)]


def _fingerprint() -> str:
    """Return a short hash of the stylesheet, so that a browser keeps it until it changes."""
    return hashlib.sha256((STATIC / "site.css").read_bytes()).hexdigest()[:12]
