"""Measures a newsletter from the outbox to a mail server, against what one would write first.

*Reads*: nothing. *Writes*: messages a second and processor time a message to standard output.
*Next*: nothing. A sink in a process of its own takes every message over real SMTP; the outbox is
an SQLite file with all its commits. The comparison, smtplib and an ``EmailMessage`` for each
recipient without any outbox, runs against the same sink: only the ratio holds on another machine.

    python benchmarks/bench_dispatch.py [RECIPIENTS] [CONNECTIONS]
"""

from __future__ import annotations

import html
import multiprocessing
import smtplib
import socket
import sys
import tempfile
import threading
import time
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from bench_splice import sample_values, sample_variant
from sqlalchemy import func, select

from var_outreach.clock import SystemClock
from var_outreach.composing.content import Content, fill_places
from var_outreach.dispatch.letters import Letters, Postmark
from var_outreach.dispatch.smtp import SmtpTransport
from var_outreach.dispatch.worker import Dispatcher, Pace
from var_outreach.outbox.enqueue import enqueue_deliveries
from var_outreach.outbox.mailings import create_mailing, set_content
from var_outreach.outbox.model import Delivery, DeliveryState, MailingState
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.settings import Security, SmtpSettings
from var_outreach.storage.engine import Database
from var_outreach.storage.migrate import check_schema
from var_outreach.tokens import Signer

PLAIN = 150
"""Messages of the comparison: it is slow, and a mean over so many is steady."""
MARK = Postmark(
    "Netwerk",
    "nieuws@netwerk.example",
    "bounce+{token}@netwerk.example",
    "info@netwerk.example",
    "nieuws.netwerk.example",
)


def sink(listener: socket.socket) -> None:
    """Take every message on every connection, as fast as a server in Python can."""
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=_swallow, args=(sock,), daemon=True).start()


def _swallow(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(b"220 sink.example\r\n")
    buffer = b""
    while True:
        line_end = buffer.find(b"\r\n")
        if line_end < 0:
            got = sock.recv(1 << 18)
            if not got:
                return
            buffer += got
            continue
        verb, buffer = buffer[:4].upper(), buffer[line_end + 2 :]
        if verb == b"DATA":
            sock.sendall(b"354 go on\r\n")
            body = bytearray(buffer)
            while body[-5:] != b"\r\n.\r\n":
                got = sock.recv(1 << 18)
                if not got:
                    return
                body += got
            buffer = b""
            sock.sendall(b"250 2.0.0 taken\r\n")
        elif verb == b"EHLO":
            sock.sendall(b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 DSN\r\n")
        elif verb == b"QUIT":
            sock.sendall(b"221 bye\r\n")
            return
        else:
            sock.sendall(b"250 2.0.0 ok\r\n")


def fill_outbox(database: Database, count: int) -> float:
    """Enqueue one newsletter for ``count`` readers; return the seconds that took."""
    now = SystemClock().now()
    recipients = (
        Recipient(
            f"contact:{number}",
            0,
            "nl",
            f"lezer{number}@gemeente{number % 23}.example",
            f"Lezer {number}",
            sample_values(number),
        )
        for number in range(count)
    )
    with database.writing() as session:
        mailing = create_mailing(
            session,
            key="newsletter:bench",
            kind=MailKind.NEWSLETTER,
            subject_key="bench",
            audience=AudienceSpec(AudienceKind.READERS, "lezers"),
            scheduled_at=now,
            expires_at=now + timedelta(days=1),
            reason="measuring",
            created_by="bench",
            now=now,
        )
        set_content(session, mailing, Content("newsletter", (sample_variant(),)))
        mailing.state = MailingState.SENDING
        start = time.perf_counter()
        enqueue_deliveries(session, mailing, recipients, uid_domain="netwerk.example", now=now)
    return time.perf_counter() - start


def send_outbox(database: Database, port: int, connections: int) -> tuple[float, float]:
    """Send all of it; return seconds and seconds of this process's processor."""
    settings = SmtpSettings(
        host="127.0.0.1", port=port, security=Security.NONE, helo_name="bench.netwerk.example"
    )
    dispatcher = Dispatcher(
        database,
        SmtpTransport(settings),
        Letters(database, MARK),
        SystemClock(),
        Signer(b"a key for measuring, 32 octets.."),
        Pace(connections=connections),
    )
    start, used = time.perf_counter(), time.process_time()
    dispatcher.run()
    return time.perf_counter() - start, time.process_time() - used


def send_plain(port: int, count: int) -> tuple[float, float]:
    """Send ``count`` messages as the handbook shows it; return the same two durations."""
    variant, now = sample_variant(), SystemClock().now()
    start, used = time.perf_counter(), time.process_time()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench.netwerk.example") as server:
        for number in range(count):
            values = sample_values(number)
            message = EmailMessage(policy=SMTP)
            message["From"] = "Netwerk <nieuws@netwerk.example>"
            message["To"] = f"Lezer {number} <lezer{number}@gemeente.example>"
            message["Subject"] = variant.subject
            message["Date"] = format_datetime(now)
            message["Message-ID"] = f"<{number}@netwerk.example>"
            message.set_content(fill_places(variant.text, values), cte="quoted-printable")
            escaped = {name: html.escape(value) for name, value in values.items()}
            message.add_alternative(
                fill_places(variant.html, escaped), subtype="html", cte="quoted-printable"
            )
            server.send_message(message)
    return time.perf_counter() - start, time.process_time() - used


def main() -> None:
    """Measure both and print them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    connections = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    listener = socket.create_server(("127.0.0.1", 0), backlog=50)
    port = int(listener.getsockname()[1])
    server = multiprocessing.Process(target=sink, args=(listener,), daemon=True)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
            check_schema(database)
            enqueuing = fill_outbox(database, count)
            ours, ours_cpu = send_outbox(database, port, connections)
            with database.reading() as session:
                sent = session.scalar(
                    select(func.count()).where(Delivery.state == DeliveryState.SENT)
                )
            database.close()
        plain, plain_cpu = send_plain(port, PLAIN)
    finally:
        server.terminate()
    if sent != count:
        sys.exit(f"only {sent} of {count} were sent")
    print(f"{count} recipients, {connections} connections, html of about 60 kB")
    print(f"enqueue        {enqueuing / count * 1e6:8.0f} us a recipient")
    print(
        f"outbox         {count / ours:8.0f} messages/s {ours_cpu / count * 1e6:8.0f} us CPU each"
    )
    print(
        f"smtplib alone  {PLAIN / plain:8.0f} messages/s {plain_cpu / PLAIN * 1e6:8.0f} us CPU each"
    )
    print(f"ratio          {(count / ours) / (PLAIN / plain):8.1f}")


if __name__ == "__main__":
    main()
