"""Opens sessions with a mail server: connection, verified TLS, login.

*Reads*: the settings of the server. *Writes*: to the network. *Next*: ``smtp_transaction`` sends
messages over the session.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator

from var_outreach.dispatch.smtp_transaction import SmtpConnection, Timeouts, readable
from var_outreach.dispatch.transport import Reply
from var_outreach.dispatch.trouble import SlowDown, TransportTrouble, TroubleKind
from var_outreach.errors import ConfigError
from var_outreach.settings import Security, SmtpSettings

_TRIES = 3
_BETWEEN_TRIES = 2.0
"""Seconds."""


class SmtpTransport:
    """A mail server; may be shared by threads, each with connections of its own."""

    name = "smtp"

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        timeouts: Timeouts | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Take the settings; nothing is opened yet.

        Raises:
            ConfigError: a login over an open line to another machine, a ``ca_file`` or
                ``password_file`` that cannot be read.
        """
        self._settings = settings
        self._timeouts = timeouts or Timeouts()
        self._sleep = sleep
        self._where = f"{settings.host}:{settings.port}"
        self._password = settings.secret() if settings.username else ""
        open_line = settings.security is Security.NONE and not _is_loopback(settings.host)
        if settings.username and open_line:
            raise ConfigError(
                "a password may not travel over an open line",
                where="smtp.security",
                remedy="Set it to 'starttls' or 'tls', or leave smtp.username empty",
            )
        self._context = None if settings.security is Security.NONE else _tls_context(settings)
        # smtplib asks the name server for this machine's own name, if none is set.
        self._helo_name = settings.helo_name or smtplib.SMTP().local_hostname

    def connect(self) -> SmtpConnection:
        """Open a session, ready for MAIL; raises TransportTrouble or SlowDown."""
        session = smtplib.SMTP(local_hostname=self._helo_name)
        try:
            with self._explained():
                self._begin(session, self._dial())
                if self._settings.username:
                    self._log_in(session)
        except BaseException:
            # Closing the socket alone would not do: the session reads through a file on it.
            session.close()
            raise
        return SmtpConnection(session, where=self._where, timeouts=self._timeouts)

    def _dial(self) -> socket.socket:
        """Return a connected socket; a refusal counts when it persists over three tries."""
        address = (self._settings.host, self._settings.port)
        for left in reversed(range(_TRIES)):
            try:
                sock = socket.create_connection(address, self._timeouts.connect)
            except UnicodeError as error:  # a label that is empty or too long
                raise self._unreachable(socket.gaierror("this is not a host name")) from error
            except OSError as error:
                if left:
                    self._sleep(_BETWEEN_TRIES)
                    continue
                raise self._unreachable(error) from error
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        raise AssertionError("the last try returns or raises")

    def _begin(self, session: smtplib.SMTP, sock: socket.socket) -> None:
        """Take the greeting, say EHLO, and make the line safe as the settings ask."""
        security = self._settings.security
        session.sock = self._wrapped(sock) if security is Security.TLS else sock
        session.sock.settimeout(self._timeouts.greeting)
        self._expect(_reply(session.getreply()), 220, TroubleKind.GREETING)
        session.sock.settimeout(self._timeouts.command)
        greeted = _reply(session.ehlo())
        if security is Security.STARTTLS:
            if "starttls" not in session.esmtp_features:
                raise TransportTrouble(
                    TroubleKind.STARTTLS_MISSING,
                    "the mail server offers no STARTTLS, so nothing was sent to it",
                    where=self._where,
                    remedy="Ask who runs it; somebody on the line may have taken the offer out",
                    temporary=True,
                )
            self._expect(_reply(session.docmd("STARTTLS")), 220, TroubleKind.TLS)
            session.sock = self._wrapped(sock)
            # What was said in the open counts no more, nor what came ahead of TLS (RFC 3207 4.2).
            session.file = None
            greeted = _reply(session.ehlo())
        if not greeted.accepted and not greeted.slows_down:
            greeted = _reply(session.helo())
        self._expect(greeted, 250, TroubleKind.GREETING)

    def _wrapped(self, sock: socket.socket) -> ssl.SSLSocket:
        assert self._context is not None, "TLS is asked for by settings that made a context"
        return self._context.wrap_socket(sock, server_hostname=self._settings.host)

    def _log_in(self, session: smtplib.SMTP) -> None:
        """Log in by PLAIN (RFC 4616) or LOGIN, in UTF-8, which smtplib's own login refuses."""
        offered = session.esmtp_features.get("auth", "").upper().split()
        user, password = self._settings.username, self._password
        if "PLAIN" in offered:
            secret = _base64(f"\0{user}\0{password}")
            reply = _reply(session.docmd("AUTH", f"PLAIN {secret}"))
        elif "LOGIN" in offered:
            reply = _reply(session.docmd("AUTH", "LOGIN"))
            for answer in (user, password):
                if reply.code == 334:
                    reply = _reply(session.docmd(_base64(answer)))
        else:
            raise TransportTrouble(
                TroubleKind.AUTH,
                "the mail server offers no login that we know (PLAIN, LOGIN)",
                where=self._where,
                remedy="Check smtp.security, or leave smtp.username empty",
            )
        self._expect(reply, 235, TroubleKind.AUTH)

    def _expect(self, reply: Reply, code: int, kind: TroubleKind) -> None:
        if reply.code == code:
            return
        if reply.slows_down:
            raise SlowDown(f"the mail server asks to wait: {reply}", where=self._where)
        raise TransportTrouble(
            kind,
            f"the mail server answered {reply}",
            where=self._where,
            remedy=_REMEDIES[kind],
            temporary=400 <= reply.code < 500,
            code=reply.code,
        )

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what goes wrong on the line into TransportTrouble."""
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise TransportTrouble(
                TroubleKind.CERTIFICATE,
                f"the mail server's certificate is refused ({error.verify_message})",
                where=self._where,
                remedy="Renew it there, or name its authority in smtp.ca_file",
                temporary=True,
            ) from error
        except ssl.SSLError as error:
            raise TransportTrouble(
                TroubleKind.TLS,
                f"no TLS with the mail server ({error.reason or error})",
                where=self._where,
                remedy="Check smtp.port and smtp.security: 465 takes 'tls', 587 'starttls'",
                temporary=True,
            ) from error
        except OSError as error:  # smtplib's own errors are OSErrors too
            raise self._unreachable(error) from error

    def _unreachable(self, error: OSError) -> TransportTrouble:
        kind = TroubleKind.DNS if isinstance(error, socket.gaierror) else TroubleKind.CONNECT
        return TransportTrouble(
            kind,
            f"the mail server cannot be reached ({error.strerror or error})",
            where=self._where,
            remedy=_REMEDIES[kind],
            temporary=True,
        )


_REMEDIES = {
    TroubleKind.CONNECT: "Check smtp.host and smtp.port, and whether a firewall is in between",
    TroubleKind.DNS: "Check smtp.host, and whether this machine can look up names",
    TroubleKind.GREETING: "Ask who runs the mail server why it does not serve this machine",
    TroubleKind.TLS: "Ask who runs the mail server why it cannot begin TLS",
    TroubleKind.AUTH: "Check smtp.username and smtp.password_file",
}


def _tls_context(settings: SmtpSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(cafile=settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"{settings.ca_file} holds no certificates that can be read ({error})",
                where="smtp.ca_file",
                remedy="Name a file with certificates in PEM form",
            ) from error
    return context


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _reply(answer: tuple[int, bytes]) -> Reply:
    code, text = answer
    return Reply(code, readable(text), "session")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
