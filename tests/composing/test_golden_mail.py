"""Every kind of mail in both languages, as composed; UPDATE_GOLDEN=1 writes them anew, for review.

The files hold the places of the person as ``⟦name⟧``, so that a browser and a reader show them.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from var_outreach.composing.content import CLOSE_MARK, OPEN_MARK, Content
from var_outreach.composing.facts import MailKind
from var_outreach.composing.samples import sample_content

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "mail"

KEYS = {
    MailKind.NEWSLETTER: {"nl", "nl/archive", "en", "en/archive"},
    MailKind.UPDATE: {"nl", "nl/asked", "en", "en/asked"},
    MailKind.WITHDRAWAL: {
        f"{language}{state}"
        for language in ("nl", "en")
        for state in ("", "/ended", "/shared", "/host", "/refused")
    },
    MailKind.LIST_CHECK: {"nl", "nl/reminder", "en", "en/reminder"},
    MailKind.PROGRAMME: {"nl", "nl/moved-up", "en", "en/moved-up"},
    MailKind.LOOK_BACK: {"nl", "nl/attended", "en", "en/attended"},
    MailKind.CONFIRMATION: {
        f"{language}/{state}"
        for language in ("nl", "en")
        for state in (
            *("accepted", "declined", "tentative", "cancelled"),
            *("named", "represented", "open-again"),
        )
    },
    MailKind.WAITLIST: {
        f"{language}{state}" for language in ("nl", "en") for state in ("", "/fewer", "/named")
    },
}
VARIANTS = [(kind, key) for kind in MailKind for key in sorted(KEYS.get(kind, {"nl", "en"}))]


@cache
def content(kind: MailKind) -> Content:
    return sample_content(kind)


def golden_files(kind: MailKind, key: str) -> dict[Path, str]:
    variant = next(one for one in content(kind).variants if one.key == key)
    stem = f"{kind.value}.{key.replace('/', '-')}"
    texts = {"subject.txt": f"{variant.subject}\n", "txt": variant.text, "html": variant.html}
    return {
        GOLDEN / f"{stem}.{ending}": text.replace(OPEN_MARK, "⟦").replace(CLOSE_MARK, "⟧")
        for ending, text in texts.items()
    }


@pytest.mark.parametrize(("kind", "key"), VARIANTS)
def test_mail_is_the_golden_one(kind: MailKind, key: str) -> None:
    for file, text in golden_files(kind, key).items():
        if os.environ.get("UPDATE_GOLDEN"):
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8"), f"{file.name} differs"


def test_every_golden_file_has_a_mail() -> None:
    wanted = {file for kind, key in VARIANTS for file in golden_files(kind, key)}
    assert set(GOLDEN.iterdir()) == wanted


@pytest.mark.parametrize("kind", list(MailKind))
def test_content_has_exactly_its_variants(kind: MailKind) -> None:
    assert {one.key for one in content(kind).variants} == KEYS.get(kind, {"nl", "en"})
    assert content(kind).kind == kind.value
    assert all(one.key.split("/")[0] == one.language for one in content(kind).variants)
