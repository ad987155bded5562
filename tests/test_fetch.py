"""The HTTP client against real servers on loopback: what it fetches, and all that it refuses."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from var_outreach.errors import FetchError
from var_outreach.fetch import Fetched, FetchPolicy, NotModified, fetch
from var_outreach.public_addresses import system_resolver

Answer = Callable[[BaseHTTPRequestHandler], None]
PUBLIC = "93.184.215.14"


class Site:
    """A web server on loopback that answers by path and remembers what it was asked."""

    def __init__(self, answers: dict[str, Answer], tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[BaseHTTPRequestHandler] = []
        self.asked_at: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append(self)
                site.asked_at.append(self.connection.getsockname()[0])
                answers[self.path.partition("?")[0]](self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # a client that hangs up is what several tests are about

        self._server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def running(answers: dict[str, Answer], tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    site = Site(answers, tls)
    try:
        yield site
    finally:
        site.stop()


def says(
    body: bytes, status: int = 200, headers: dict[str, str] | None = None
) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def to(location: str, status: int = 302) -> Answer:
    return says(b"", status, {"Location": location})


def names(**table: str) -> Callable[[str, int], list[str]]:
    """A resolver that knows ``news`` as news.example, and so on."""
    known = {f"{name}.example": address.split() for name, address in table.items()}

    def resolve(host: str, port: int) -> list[str]:
        if host not in known:
            raise socket.gaierror(f"{host} is not known")
        return known[host]

    return resolve


def policy_for(site: Site, **changes: object) -> FetchPolicy:
    """Allow exactly ``news.example`` on the port of ``site``, which is on loopback."""
    values: dict[str, object] = {
        "allow": frozenset({f"news.example:{site.port}"}),
        "resolve": names(news="127.0.0.1"),
        "total_seconds": 10.0,
        **changes,
    }
    return FetchPolicy(**values)  # type: ignore[arg-type]


def whole(answer: Fetched | NotModified) -> Fetched:
    assert isinstance(answer, Fetched)
    return answer


# --- what it does -------------------------------------------------------------------------------


def test_fetches_a_page_with_the_name_in_the_host_header_and_a_contact() -> None:
    with running({"/a": says(b"hallo", headers={"Content-Type": "text/plain"})}) as site:
        policy = policy_for(site, contact="mailto:agenda@veiligheidsalliantie.example")
        got = whole(fetch(f"http://news.example:{site.port}/a?q=1#deel", policy=policy))
        sent = site.asked[0].headers
    assert (got.status, got.body, got.content_type) == (200, b"hallo", "text/plain")
    assert got.url == f"http://news.example:{site.port}/a?q=1"
    assert sent["Host"] == f"news.example:{site.port}"
    assert "agenda@veiligheidsalliantie.example" in sent["User-Agent"]


def test_a_conditional_get_answers_not_modified() -> None:
    def conditional(request: BaseHTTPRequestHandler) -> None:
        same = request.headers["If-None-Match"] == '"v1"'
        reply = says(b"" if same else b"new", 304 if same else 200, {"ETag": '"v1"'})
        reply(request)

    with running({"/feed": conditional}) as site:
        url, policy = f"http://news.example:{site.port}/feed", policy_for(site)
        first = whole(fetch(url, policy=policy))
        again = fetch(url, policy=policy, etag=first.etag)
        dated = fetch(url, policy=policy, last_modified="Mon, 24 Mar 2025 08:00:00 GMT")
        assert site.asked[2].headers["If-Modified-Since"] == "Mon, 24 Mar 2025 08:00:00 GMT"
    assert isinstance(again, NotModified)
    assert again.etag == '"v1"'
    assert isinstance(dated, Fetched)


def test_a_304_that_was_not_asked_for_is_refused() -> None:
    with running({"/": says(b"", 304)}) as site, pytest.raises(FetchError, match="status 304"):
        fetch(f"http://news.example:{site.port}/", policy=policy_for(site))


@pytest.mark.parametrize("etag", ['"a\r\nX-Evil: 1"', '"é"', "x" * 5000])
def test_a_stored_etag_cannot_write_a_header(etag: str) -> None:
    with running({"/": says(b"ok")}) as site:
        fetch(f"http://news.example:{site.port}/", policy=policy_for(site), etag=etag)
        assert site.asked[0].headers["If-None-Match"] is None
        assert site.asked[0].headers["X-Evil"] is None


def test_gzip_is_unpacked() -> None:
    packed = says(gzip.compress(b"nieuws " * 1000), headers={"Content-Encoding": "gzip"})
    with running({"/": packed}) as site:
        got = whole(fetch(f"http://news.example:{site.port}/", policy=policy_for(site)))
    assert got.body == b"nieuws " * 1000


def test_redirects_are_followed_relative_ones_too() -> None:
    with running({"/a": to("b", 301), "/b": to("/c"), "/c": says(b"here")}) as site:
        got = whole(fetch(f"http://news.example:{site.port}/a", policy=policy_for(site)))
    assert got.body == b"here"
    assert got.url.endswith("/c")


def test_no_cookie_is_kept_and_no_proxy_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    cookie = says(b"", 302, {"Location": "/b", "Set-Cookie": "track=1; Path=/"})
    with running({"/a": cookie, "/b": says(b"ok")}) as site:
        fetch(f"http://news.example:{site.port}/a", policy=policy_for(site))
        assert site.asked[1].headers["Cookie"] is None


# --- where it does not go -----------------------------------------------------------------------


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1%lo"])
def test_a_name_at_an_address_that_is_not_public_is_refused(address: str) -> None:
    policy = FetchPolicy(resolve=names(news=address))
    with pytest.raises(FetchError, match=r"news\.example"):
        fetch("http://news.example/", policy=policy)


def test_one_bad_address_among_good_ones_refuses_all() -> None:
    policy = FetchPolicy(resolve=names(news=f"{PUBLIC} 10.0.0.1"))
    with pytest.raises(FetchError, match=r"10\.0\.0\.1"):
        fetch("http://news.example/", policy=policy)


def test_the_name_is_resolved_once_and_the_connection_goes_where_it_was_checked() -> None:
    """DNS rebinding: a second question would get another answer."""
    questions: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        questions.append(host)
        return ["127.0.0.1"] if len(questions) == 1 else ["127.0.0.2"]

    with running({"/": says(b"pinned")}) as site:
        policy = policy_for(site, resolve=rebinding)
        got = whole(fetch(f"http://news.example:{site.port}/", policy=policy))
        assert site.asked_at == ["127.0.0.1"]
    assert got.body == b"pinned"
    assert questions == ["news.example"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "0", "[::ffff:127.0.0.1]"],
)
def test_a_redirect_inside_is_refused(host: str) -> None:

    def resolve(name: str, port: int) -> list[str]:
        return ["127.0.0.1"] if name == "news.example" else system_resolver(name, port)

    with running({"/secret": says(b"secret")}) as secret:
        with running({"/": to(f"http://{host}:{secret.port}/secret")}) as outer:
            policy = FetchPolicy(
                allow=frozenset({f"news.example:{outer.port}"}),
                ports=frozenset({80, 443, secret.port}),
                resolve=resolve,
            )
            with pytest.raises(FetchError):
                fetch(f"http://news.example:{outer.port}/", policy=policy)
            assert len(outer.asked) == 1
        assert secret.asked == []


def test_each_redirect_is_checked_again_for_port_and_form() -> None:
    answers = {
        "/port": to("http://news.example:22/"),
        "/file": to("file:///etc/passwd"),
        "/user": to("http://a:b@news.example/"),
        "/js": to("javascript:alert(1)"),
        "/loop": to("/loop"),
    }
    with running(answers) as site:
        base, policy = f"http://news.example:{site.port}", policy_for(site)
        for path, why in (
            ("/port", "port 22"),
            ("/file", "not a web address"),
            ("/user", "user name or password"),
            ("/js", "no web address"),
            ("/loop", "more than 5 times"),
        ):
            with pytest.raises(FetchError, match=why):
                fetch(base + path, policy=policy)
        assert len(site.asked) == 4 + 6


@pytest.mark.parametrize(
    "url",
    [
        "ftp://news.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "news.example",
        "",
        "http://",
        "http:///pad",
        "//news.example/",
        "http://news.example\r\nX: y/",
        "http://news.example/\x00",
        "http://[::1",
        "http://news.example:99999/",
        "http://" + "a" * 5000 + ".example/",
        "http://xn--a.example/",
    ],
)
def test_what_is_no_web_address_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(url, policy=FetchPolicy(resolve=names()))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(FetchError) as caught:
        fetch("https://anna:geheim@news.example/", policy=FetchPolicy(resolve=names()))
    assert "geheim" not in str(caught.value)
    assert "news.example" in str(caught.value)


def test_allow_is_exact_in_host_and_port() -> None:
    with running({"/": says(b"intranet")}) as site:
        other = FetchPolicy(
            allow=frozenset({f"news.example:{site.port + 1}", f"x.example:{site.port}"}),
            ports=frozenset({site.port}),
            resolve=names(news="127.0.0.1"),
        )
        with pytest.raises(FetchError, match="this machine itself"):
            fetch(f"http://news.example:{site.port}/", policy=other)
        assert site.asked == []


def test_an_unknown_name_is_said() -> None:
    with pytest.raises(FetchError, match=r"nergens\.example.*cannot be found"):
        fetch("https://nergens.example/", policy=FetchPolicy(resolve=names()))


# --- how much, how long -------------------------------------------------------------------------


def test_a_large_body_is_refused_whatever_its_length_says() -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Connection", "close")
        request.end_headers()
        for _ in range(4000):
            request.wfile.write(b"x" * 65536)

    with running({"/": endless, "/known": says(b"x" * 300_000)}) as site:
        policy = policy_for(site, max_wire_bytes=200_000)
        for path in ("/", "/known"):
            with pytest.raises(FetchError, match="larger than 195 kB"):
                fetch(f"http://news.example:{site.port}{path}", policy=policy)


def test_endless_headers_are_refused() -> None:
    def headers(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100_000):
            request.wfile.write(b"X-%d: %s\r\n" % (number, b"y" * 200))

    with running({"/": headers}) as site, pytest.raises(FetchError):
        fetch(f"http://news.example:{site.port}/", policy=policy_for(site, max_wire_bytes=50_000))


def test_endless_hints_before_the_answer_are_refused() -> None:
    def hints(request: BaseHTTPRequestHandler) -> None:
        for _ in range(100_000):
            request.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 20)

    with running({"/": hints}) as site, pytest.raises(FetchError, match="larger than 48 kB"):
        fetch(f"http://news.example:{site.port}/", policy=policy_for(site, max_wire_bytes=50_000))


def test_a_gzip_bomb_is_stopped_while_it_unpacks() -> None:
    bomb = gzip.compress(b"\0" * 60_000_000)
    assert len(bomb) < 100_000
    with running({"/": says(bomb, headers={"Content-Encoding": "gzip"})}) as site:
        policy = policy_for(site, max_bytes=1_000_000)
        tracemalloc.start()
        with pytest.raises(FetchError, match="larger than 976 kB"):
            fetch(f"http://news.example:{site.port}/", policy=policy)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("body", "encoding", "why"),
    [
        (gzip.compress(b"a" * 9000)[:20], "gzip", "halfway"),
        (b"not gzip at all", "gzip", "damaged"),
        (gzip.compress(gzip.compress(b"a")), "gzip, gzip", "did not ask"),
        (b"...", "br", "did not ask"),
    ],
    # A packed body holds the time at which it was packed, and a name must not.
    ids=["half", "not gzip", "packed twice", "brotli"],
)
def test_a_body_that_cannot_be_unpacked_is_refused(body: bytes, encoding: str, why: str) -> None:
    packed = says(body, headers={"Content-Encoding": encoding})
    with running({"/": packed}) as site, pytest.raises(FetchError, match=why):
        fetch(f"http://news.example:{site.port}/", policy=policy_for(site))


@pytest.mark.parametrize("slow_part", ["headers", "body", "silent"])
def test_a_server_that_drips_is_left_at_the_time_limit(slow_part: str) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        text = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n"
        if slow_part == "body":
            request.wfile.write(text + b"\r\n")
        for _ in range(100):
            time.sleep(0.05)
            if slow_part != "silent":
                request.wfile.write(b"x")

    with running({"/": drip}) as site:
        started = time.monotonic()
        with pytest.raises(FetchError, match="too long"):
            fetch(f"http://news.example:{site.port}/", policy=policy_for(site, total_seconds=0.5))
        assert time.monotonic() - started < 2.5


def test_a_resolver_that_hangs_is_left_at_the_time_limit() -> None:
    released = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        released.wait(10)
        return [PUBLIC]

    started = time.monotonic()
    with pytest.raises(FetchError, match="too long"):
        fetch("http://news.example/", policy=FetchPolicy(resolve=hang, total_seconds=0.3))
    assert time.monotonic() - started < 2
    released.set()


def test_a_body_cut_off_is_an_error() -> None:
    def cut(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf")
        request.close_connection = True

    with running({"/": cut}) as site, pytest.raises(FetchError, match="cannot be fetched"):
        fetch(f"http://news.example:{site.port}/", policy=policy_for(site))


def test_nobody_listening_is_one_clear_error() -> None:
    with running({}) as site:
        port = site.port
    policy = FetchPolicy(allow=frozenset({f"news.example:{port}"}), resolve=names(news="127.0.0.1"))
    with pytest.raises(FetchError, match="cannot be fetched"):
        fetch(f"http://news.example:{port}/", policy=policy)


@pytest.mark.parametrize("status", [204, 206, 404, 410, 500, 503])
def test_another_status_is_an_error_that_names_it(status: int) -> None:
    answer = says(b"" if status == 204 else b"x", status)
    with running({"/": answer}) as site, pytest.raises(FetchError, match=f"status {status}"):
        fetch(f"http://news.example:{site.port}/", policy=policy_for(site))


# --- TLS ----------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_path, key_path


def test_tls_asks_for_the_name_and_checks_the_certificate_against_it(tmp_path: Path) -> None:
    cert_path, key_path = certificate(tmp_path, "news.example")
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(cert_path, key_path)
    asked_for: list[str | None] = []
    server_side.sni_callback = lambda sock, name, context: asked_for.append(name)
    trusting = ssl.create_default_context(cafile=str(cert_path))
    with running({"/": says(b"safe"), "/down": to("http://news.example/")}, server_side) as site:
        doors = frozenset({f"news.example:{site.port}", f"other.example:{site.port}"})
        policy = FetchPolicy(
            allow=doors, resolve=names(news="127.0.0.1", other="127.0.0.1"), tls=trusting
        )
        base = f"https://news.example:{site.port}"
        assert whole(fetch(f"{base}/", policy=policy)).body == b"safe"
        assert asked_for == ["news.example"]
        with pytest.raises(FetchError, match="from https to http"):
            fetch(f"{base}/down", policy=policy)
        with pytest.raises(FetchError, match=r"(?i)certificate"):
            fetch(f"https://other.example:{site.port}/", policy=policy)
        unknowing = FetchPolicy(allow=doors, resolve=policy.resolve)
        with pytest.raises(FetchError, match=r"(?i)certificate"):
            fetch(f"{base}/", policy=unknowing)
