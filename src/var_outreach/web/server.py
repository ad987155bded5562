"""Builds the public site: routers, error pages, static files and the guard around them.

*Reads*: the ``App``. *Writes*: nothing. *Next*: ``cli`` serves what ``create_web`` returns.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from var_outreach.app import App
from var_outreach.errors import ConfigError, OutreachError
from var_outreach.web import (
    about,
    agenda,
    answering,
    forwarded,
    list_check,
    newsletter,
    partner,
    personal,
    registering,
    series,
    speaking,
    subscribing,
    workshops,
)
from var_outreach.web.guard import Guard, without_token
from var_outreach.web.site import ENGLISH, STATIC, Here, Site

log = logging.getLogger(__name__)

FAMILIES = (
    agenda.router,
    registering.router,
    answering.router,
    forwarded.router,
    workshops.router,
    speaking.router,
    personal.router,
    series.router,
    partner.router,
    list_check.router,
    subscribing.router,
    newsletter.router,
    about.router,
)


def create_web(
    app: App, extra_routers: Sequence[APIRouter] = (), *, equal_seconds: float = 0.3
) -> FastAPI:
    """Return the site as an ASGI application.

    ``extra_routers`` are put before the site's own, in both languages. ``equal_seconds`` is how
    long every answer of a public form takes, so that it tells nothing of what was found.
    """
    web = FastAPI(
        # A redirect would be built from what the request says of its host.
        redirect_slashes=False,
        title=app.network.name,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    web.state.site = Site(app, equal_seconds=equal_seconds)
    for family in (*extra_routers, *FAMILIES):
        web.include_router(family)
        web.include_router(family, prefix=ENGLISH)
    web.add_api_route(ENGLISH, agenda.show_front, methods=["GET"])
    web.include_router(newsletter.pictures)
    web.include_router(about.machines)
    web.mount("/static", _Static(directory=str(STATIC)), name="static")
    web.add_exception_handler(OutreachError, _on_error)
    web.add_exception_handler(HTTPException, _on_error)
    web.add_exception_handler(RequestValidationError, _on_error)

    async def error_page(status: int, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request({**scope, "app": web})
        await _error_page(request, status)(scope, receive, send)

    https = app.settings.base_url.startswith("https://")
    web.add_middleware(Guard, https=https, error_page=error_page)
    return web


class _Static(StaticFiles):
    """Static files, whose addresses carry a hash: a browser may keep them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.setdefault("Cache-Control", "public, max-age=604800")
        return response


def _on_error(request: Request, error: Exception) -> Response:
    """Return the page for ``error``; what went wrong inside stays in the log."""
    if isinstance(error, ConfigError):
        # A wrong file of the installation is no fault of whoever asks for a page.
        status = 500
    elif isinstance(error, OutreachError):
        status = error.http_status
    elif isinstance(error, HTTPException):
        status = error.status_code
    else:
        # Nothing but an address that our own links never have fails FastAPI's reading of it.
        status = 404
    if status >= 500:
        log.error(
            "%s %s failed: %s",
            request.method,
            without_token(request.url.path),
            error,
            exc_info=error,
        )
    response = _error_page(request, status)
    allowed = getattr(error, "headers", None) or {}
    if "Allow" in allowed:
        response.headers["Allow"] = allowed["Allow"]
    return response


def _error_page(request: Request, status: int) -> Response:
    here = Here(request)
    return here.page("error.html", status=status, code=status, twin="/agenda")
