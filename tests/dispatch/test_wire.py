"""Dots, line ends and command parameters."""

from __future__ import annotations

import smtplib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from var_outreach.dispatch.transport import Envelope
from var_outreach.dispatch.wire import data_block, mail_command, normalised, xtext


def unstuffed(block: bytes) -> bytes:
    """Read ``block`` as a receiver does (RFC 5321 4.5.2); fails on an early end."""
    *lines, last, after = block.split(b"\r\n")
    assert (last, after) == (b".", b"")
    assert b"." not in lines
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines)


MESSAGES = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"a", b"\0"])).map(
    b"".join
)


@given(MESSAGES)
def test_what_is_stuffed_is_read_back(message: bytes) -> None:
    block = data_block(message)
    assert unstuffed(block) == normalised(message)
    assert block.count(b"\r") == block.count(b"\n") == block.count(b"\r\n")


@given(MESSAGES)
def test_stuffing_agrees_with_smtplib(message: bytes) -> None:
    clean = normalised(message)
    assert data_block(message) == smtplib._quote_periods(clean) + b".\r\n"  # type: ignore[attr-defined]


def test_clean_message_is_not_copied() -> None:
    message = b"Subject: a\r\n\r\nb\r\n"
    assert normalised(message) is message


@pytest.mark.parametrize(
    ("plain", "encoded"), [("abc234", "abc234"), ("a+b=c", "a+2Bb+3Dc"), ("é \n", "+C3+A9+20+0A")]
)
def test_xtext(plain: str, encoded: str) -> None:
    assert xtext(plain) == encoded


def test_envid_that_is_too_long_is_left_out() -> None:
    envelope = Envelope("a@b.example", "c@d.example", b"", "x" * 101)
    assert b"ENVID" not in mail_command(envelope, {"dsn"})
    assert b"RET=HDRS" in mail_command(envelope, {"dsn"})
