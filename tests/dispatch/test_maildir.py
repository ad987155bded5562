"""Messages in a folder, each delivery once."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest

from var_outreach.dispatch.maildir import MaildirTransport
from var_outreach.dispatch.transport import Envelope
from var_outreach.dispatch.trouble import TransportTrouble, TroubleKind

MESSAGE = b"Subject: dag\r\n\r\nhallo\r\n"


def envelope(token: str = "abcdefgh234567", message: bytes = MESSAGE) -> Envelope:
    return Envelope("bounce@netwerk.example", "r@maasstad.example", message, token)


def files(path: Path) -> list[Path]:
    return sorted(file for part in ("tmp", "new", "cur") for file in (path / part).iterdir())


def test_message_is_read_by_the_standard_library(tmp_path: Path) -> None:
    connection = MaildirTransport(tmp_path / "mail").connect()
    reply = connection.send(envelope())
    connection.close()
    assert reply.accepted
    (message,) = mailbox.Maildir(tmp_path / "mail")
    assert message["Subject"] == "dag"
    assert message["Return-Path"] == "<bounce@netwerk.example>"
    assert message["Delivered-To"] == "r@maasstad.example"


def test_same_delivery_again_replaces(tmp_path: Path) -> None:
    for _ in range(2):
        MaildirTransport(tmp_path).connect().send(envelope())
    (file,) = files(tmp_path)
    assert file.parent.name == "new"


@pytest.mark.parametrize("flags", [":2,", ":2,S", ""])
def test_same_delivery_again_replaces_what_was_read(tmp_path: Path, flags: str) -> None:
    connection = MaildirTransport(tmp_path).connect()
    connection.send(envelope())
    (file,) = files(tmp_path)
    file.rename(tmp_path / "cur" / f"{file.name}{flags}")
    connection.send(envelope())
    assert len(files(tmp_path)) == 1


def test_other_deliveries_stand_beside_it(tmp_path: Path) -> None:
    connection = MaildirTransport(tmp_path).connect()
    for token in ("abcdefgh1", "abcdefgh2", "", "../../etc/x", "a b c d e f"):
        connection.send(envelope(token))
    assert len(files(tmp_path)) == 5
    assert all(file.parent.parent == tmp_path for file in files(tmp_path))


def test_draft_left_by_a_crash_is_overwritten(tmp_path: Path) -> None:
    connection = MaildirTransport(tmp_path).connect()
    (tmp_path / "tmp" / "delivery-abcdefgh234567").write_bytes(b"half a mess")
    connection.send(envelope())
    (file,) = files(tmp_path)
    assert file.read_bytes().endswith(MESSAGE)


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(TransportTrouble) as raised:
        MaildirTransport(tmp_path / "mail").connect()
    assert raised.value.kind is TroubleKind.STORAGE
    assert str(tmp_path) in str(raised.value)


def test_folder_that_went_away(tmp_path: Path) -> None:
    connection = MaildirTransport(tmp_path).connect()
    (tmp_path / "tmp").rmdir()
    with pytest.raises(TransportTrouble) as raised:
        connection.send(envelope())
    assert raised.value.temporary
