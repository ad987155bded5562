"""What can work and is surely not meant is said; what is in order is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from var_outreach.settings import Settings
from var_outreach.settings_warnings import settings_warnings

OWN = {
    "sender_address": "var@agenda.var.test",
    "organiser_address": "agenda+{token}@agenda.var.test",
    "bounce_address": "bounce+{token}@agenda.var.test",
    "contact_address": "team@var.test",
}


def live(**changes: Any) -> Settings:
    """Settings of an installation that sends, in order but for ``changes``."""
    values: dict[str, Any] = {
        "base_url": "https://agenda.var.test",
        "network": OWN,
        "transport": {"kind": "smtp"},
        "smtp": {"host": "relay.var.test"},
    }
    return Settings(**{**values, **changes})


def test_the_shipped_settings_and_good_ones_warn_of_nothing() -> None:
    assert settings_warnings(Settings()) == []
    assert settings_warnings(live()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"network": {}}, "network.sender_address, network.organiser_address"),
        ({"network": {**OWN, "contact_address": "info@team.example"}}, "network.contact_address:"),
        ({"base_url": "http://127.0.0.1:8025"}, "links in mail work for nobody else"),
        ({"base_url": "http://agenda.var.test"}, "Use https"),
        ({"smtp": {"host": "r.test", "username": "var"}}, "there is no password"),
        ({"smtp": {"host": "r.test", "password": "x"}}, "smtp.username"),
        (
            {"smtp": {"host": "r.test", "username": "v", "password": "x", "security": "none"}},
            "smtp.security",
        ),
        ({"smtp": {"host": "r.test", "ca_file": "not/there.pem"}}, "not/there.pem"),
    ],
)
def test_what_is_surely_not_meant_is_said(changes: dict[str, Any], says: str) -> None:
    (warning,) = settings_warnings(live(**changes))
    assert says in warning


def test_an_organiser_elsewhere_is_said_even_before_mail_goes_out() -> None:
    network = {**OWN, "organiser_address": "agenda@elders.test"}
    (warning,) = settings_warnings(Settings(network=network))  # type: ignore[arg-type]
    assert "elders.test" in warning
    assert "agenda.var.test" in warning


def test_a_password_file_that_is_not_there_is_said_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "password"
    smtp = {"host": "r.test", "username": "var", "password_file": file}
    (warning,) = settings_warnings(live(smtp=smtp))
    assert str(file) in warning
    file.write_text("a secret\n", "utf-8")
    assert settings_warnings(live(smtp=smtp)) == []
