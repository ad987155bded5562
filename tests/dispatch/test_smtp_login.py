"""TLS with verified certificates, and logging in."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.dispatch.certificates import make_certificate
from tests.dispatch.chaos_smtp import chaos
from tests.dispatch.smtp_cases import envelope, transport
from var_outreach.dispatch.smtp import SmtpTransport
from var_outreach.dispatch.trouble import TransportTrouble, TroubleKind
from var_outreach.errors import ConfigError
from var_outreach.settings import Security, SmtpSettings


def test_starttls_and_login(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with chaos(
        tls=certificate.server_context(), login=("u", "wächtwoord"), offers=("AUTH PLAIN LOGIN",)
    ) as server:
        connection = transport(
            server,
            security=Security.STARTTLS,
            ca_file=certificate.file,
            username="u",
            password=SecretStr("wächtwoord"),
        ).connect()
        assert connection.send(envelope()).accepted
        connection.close()
    assert server.verbs[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_implicit_tls_and_login_by_login(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with chaos(
        tls=certificate.server_context(), implicit=True, login=("u", "p"), offers=("AUTH LOGIN",)
    ) as server:
        connection = transport(
            server,
            security=Security.TLS,
            ca_file=certificate.file,
            username="u",
            password=SecretStr("p"),
        ).connect()
        assert connection.send(envelope()).accepted
        connection.close()


def test_wrong_password_is_trouble_and_not_told(tmp_path: Path) -> None:
    with (
        chaos(login=("u", "right"), offers=("AUTH PLAIN",)) as server,
        pytest.raises(TransportTrouble) as raised,
    ):
        transport(server, username="u", password=SecretStr("wr0ng-one")).connect()
    assert (raised.value.kind, raised.value.code) == (TroubleKind.AUTH, 535)
    assert not raised.value.temporary
    assert "wr0ng-one" not in str(raised.value)


def test_login_that_cannot_be_checked_now_is_temporary() -> None:
    with (
        chaos({"AUTH": ["454 4.7.0 later"]}, offers=("AUTH PLAIN",)) as server,
        pytest.raises(TransportTrouble) as raised,
    ):
        transport(server, username="u", password=SecretStr("p")).connect()
    assert raised.value.temporary


@pytest.mark.parametrize("offers", [(), ("AUTH CRAM-MD5",)])
def test_login_that_is_not_offered(offers: tuple[str, ...]) -> None:
    with chaos(offers=offers) as server, pytest.raises(TransportTrouble) as raised:
        transport(server, username="u", password=SecretStr("p")).connect()
    assert raised.value.kind is TroubleKind.AUTH


def test_starttls_taken_out_on_the_way() -> None:
    with (
        chaos(offers=("AUTH PLAIN",), login=("u", "p")) as server,
        pytest.raises(TransportTrouble) as raised,
    ):
        transport(
            server, security=Security.STARTTLS, username="u", password=SecretStr("p")
        ).connect()
    assert raised.value.kind is TroubleKind.STARTTLS_MISSING
    assert set(server.verbs) <= {"EHLO", "QUIT"}


def test_starttls_refused_now() -> None:
    with (
        chaos({"STARTTLS": ["454 4.7.0 not now"]}, offers=("STARTTLS",)) as server,
        pytest.raises(TransportTrouble) as raised,
    ):
        transport(server, security=Security.STARTTLS).connect()
    assert (raised.value.kind, raised.value.temporary) == (TroubleKind.TLS, True)


@pytest.mark.parametrize("case", ["unknown", "other host", "expired"])
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_certificate_that_is_not_to_be_trusted(
    tmp_path: Path, case: str, security: Security
) -> None:
    certificate = make_certificate(
        tmp_path,
        host="mail.example" if case == "other host" else "127.0.0.1",
        days=-2 if case == "expired" else 1,
    )
    ca_file = None if case == "unknown" else certificate.file
    with (
        chaos(
            tls=certificate.server_context(), implicit=security is Security.TLS, login=("u", "p")
        ) as server,
        pytest.raises(TransportTrouble) as raised,
    ):
        transport(
            server,
            security=security,
            ca_file=ca_file,
            username="u",
            password=SecretStr("p"),
        ).connect()
    assert raised.value.kind is TroubleKind.CERTIFICATE
    assert "AUTH" not in server.verbs


def test_tls_on_a_port_that_speaks_none() -> None:
    with chaos() as server, pytest.raises(TransportTrouble) as raised:
        transport(server, security=Security.TLS).connect()
    assert raised.value.kind is TroubleKind.TLS


def test_password_over_an_open_line_is_refused() -> None:
    settings = SmtpSettings(
        host="mail.example", security=Security.NONE, username="u", password=SecretStr("p")
    )
    with pytest.raises(ConfigError, match="open line"):
        SmtpTransport(settings)


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_ca_file_that_is_none(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match="ca_file"):
        SmtpTransport(SmtpSettings(ca_file=file))
