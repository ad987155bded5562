"""Every message is read once, and none stops the others."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.mailbox.conftest import Post
from tests.mailbox.mails import BOUNCES, ORGANISER, calendar, crlf, reply, report
from var_outreach.errors import FileError
from var_outreach.mailbox.model import MailboxMessage, MessageKind
from var_outreach.mailbox.read import MailboxReader
from var_outreach.mailbox.verdict import Verdict

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"
TOKEN = "abcdefghijklmnopqrstuvwxyz"


def rows(post: Post) -> list[MailboxMessage]:
    with post.database.reading() as session:
        found = list(session.scalars(select(MailboxMessage).order_by(MailboxMessage.id)))
        session.expunge_all()
        return found


def test_a_message_moved_to_cur_is_not_read_again(post: Post) -> None:
    post.receive(crlf("From: a@b.example\nSubject: Vraag\n\nKan ik mijn hond meenemen?\n"))
    (row,) = rows(post)
    assert (row.sender, row.subject, row.for_staff) == ("a@b.example", "Vraag", True)
    (post.folder / "cur").mkdir()
    for file in (post.folder / "new").iterdir():
        shutil.move(file, post.folder / "cur" / f"{file.name}:2,S")
    assert post.read() == []
    assert len(rows(post)) == 1


def test_a_plain_folder_of_files_is_read_as_well(post: Post) -> None:
    post.folder.mkdir()
    (post.folder / "een.eml").write_bytes(crlf("From: a@b.example\nSubject: Een\n\nTekst\n"))
    (post.folder / ".half").write_bytes(b"Subject: half")
    assert [verdict.file for verdict in post.read()] == ["een.eml"]
    assert post.read() == []


def test_a_missing_folder_is_one_clear_error(post: Post) -> None:
    with pytest.raises(FileError, match="no such folder"):
        post.read()


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (vacation)",
        "X-Autoreply: yes",
        "Precedence: auto_reply",
        "Subject: Automatisch antwoord: Leerhuis",
    ],
)
def test_an_automatic_answer_is_nothing(post: Post, head: str) -> None:
    verdict = post.receive(f"From: a@b.example\r\n{head}\r\n\r\nIk ben er niet.\r\n".encode())
    assert (verdict.kind, verdict.for_staff) == (MessageKind.AUTO_REPLY, False)


def test_an_automatic_answer_of_who_left_raises_the_question(post: Post) -> None:
    verdict = post.receive(
        crlf("From: a@b.example\nAuto-Submitted: auto-replied\n\nIk ben hier niet meer werkzaam.\n")
    )
    assert (verdict.kind, verdict.for_staff) == (MessageKind.AUTO_REPLY, True)


def test_a_person_is_no_machine(post: Post) -> None:
    verdict = post.receive(crlf("From: a@b.example\nAuto-Submitted: no\nSubject: Hoi\n\nDag!\n"))
    assert (verdict.kind, verdict.for_staff) == (MessageKind.OTHER, True)


GOOD = report(to=BOUNCES.replace("{token}", TOKEN))
ANSWER = reply(
    calendar(uid=f"{TOKEN}@agenda.netwerk.example", attendee="mailto:a@gemeente.example"),
    to=ORGANISER.replace("{token}", TOKEN),
    sender="a@gemeente.example",
)


@st.composite
def damaged(draw: Any) -> bytes:
    """A good message with pieces cut out, doubled or overwritten."""
    raw = bytearray(draw(st.sampled_from([GOOD, ANSWER])))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(raw)))
        raw[at : at + draw(st.integers(0, 60))] = draw(st.binary(max_size=30))
    return bytes(raw)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(raw=st.one_of(st.binary(max_size=400), damaged()))
@example(raw=b"")
@example(raw=b"\x00" * 50)
@example(raw=b"Content-Type: multipart/mixed; boundary=\xff\r\nFrom: \x00@\x00\r\n\r\n")
@example(raw=b"From: =?utf-8?q?a=00b=0Ac?= <a@b.example>\r\nSubject: \xed\xa0\x80\x00\r\n\r\n\x00")
@example(raw=b"Date: Mon, 99 Jan 99999 99:99:99 +9999\r\nContent-Type: text/calendar\r\n\r\nBEGIN:")
@example(
    raw=b"Content-Type: text/calendar; charset=idna\r\n\r\nBEGIN:VCALENDAR\nMETHOD:REPLY\n"
    b"BEGIN:VEVENT\nUID:\x00\nATTENDEE:\nSEQUENCE:" + b"9" * 6000 + b"\nEND:VEVENT\n"
)
@example(
    raw=b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: \x00\r\n\r\n--b--"
)
def test_no_bytes_stop_the_reading(post: Post, raw: bytes) -> None:
    # A message of its own each time, whatever hypothesis repeats.
    post.dropped += 1
    unique = raw + b"\r\nX-Number: %d\r\n" % post.dropped
    reader = MailboxReader(post.database, settings=post.settings, signer=post.signer, now=post.now)
    verdict = reader.read(unique, file="f", folder="m", key=str(post.dropped))
    assert isinstance(verdict, Verdict)
    assert verdict.verdict
    assert not verdict.token_ok
    assert rows(post)[-1].verdict == verdict.verdict


def test_messages_within_messages_without_end(post: Post) -> None:
    deep = b"Content-Type: message/rfc822\r\n\r\n" * 4000 + b"Subject: diep\r\n\r\n"
    wide = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 5000
    post.drop(deep)
    post.drop(wide)
    post.drop(GOOD)
    kinds = [verdict.kind for verdict in post.read()]
    assert kinds == [MessageKind.OTHER, MessageKind.OTHER, MessageKind.BOUNCE]


def test_two_readers_at_once_count_a_message_once(post: Post) -> None:
    for number in range(6):
        post.drop(f"From: a@b.example\r\nSubject: {number}\r\n\r\nDag\r\n".encode())
    start, found = threading.Barrier(2), list[Verdict]()

    def read() -> None:
        start.wait(10)
        found.extend(post.read())

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(verdict.file for verdict in found) == sorted({one.file for one in found})
    assert len(found) == len(rows(post)) == 6


@pytest.mark.parametrize("folder", ["bounces", "calendar-replies"])
def test_real_mail_is_read_and_changes_nothing(post: Post, folder: str) -> None:
    place = CORPORA / folder
    if not place.is_dir():
        pytest.skip(f"no real mail on this machine: {place} is absent")
    post.folder = place
    verdicts = post.read()
    assert len(verdicts) >= len({file.read_bytes() for file in place.iterdir()})
    assert not any(verdict.token_ok for verdict in verdicts)
    by_file = {verdict.file: verdict for verdict in verdicts}
    if folder == "bounces":
        hard = [one.file for one in verdicts if one.kind is MessageKind.BOUNCE and one.hard]
        assert len(hard) > 40
        assert by_file["46.eml"].kind is MessageKind.DELAYED
        assert by_file["51.eml"].hard is False
        assert by_file["exchange1.eml"].status == "5.1.1"
        assert by_file["arf1.txt"].kind is MessageKind.COMPLAINT
    else:
        assert by_file["good_reply.eml"].partstat == "ACCEPTED"
        assert by_file["james-calendar.eml"].kind is MessageKind.COUNTER
        assert by_file["dsn_failure_with_ics.eml"].hard is True
