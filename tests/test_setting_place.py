"""Where a file sets what an error is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from var_outreach.settings import setting_place

TOML = """# tick_seconds = 1
base_url = "https://agenda.example"
tick_seconds=0

[smtp]
port = 99999  # too high
"""
YAML = """default:
  audience: netwerk
kinds:
  leerhuis:
    audience: 'leerhuis'  # who comes
  webinar: {audience: netwerk}
"""


@pytest.mark.parametrize(
    ("text", "name", "value", "line"),
    [
        (TOML, "base_url", None, ":2"),
        (TOML, "tick_seconds", None, ":3"),
        (TOML, "port", None, ":6"),
        (TOML, "smtp", None, ":5"),
        (TOML, "base", None, ""),
        (YAML, "audience", "netwerk", ":2"),
        (YAML, "audience", "leerhuis", ":5"),
        (YAML, "audience", "leer", ""),
        ("\ufeffport = 1\n", "port", None, ":1"),
    ],
)
def test_a_setting_is_found_by_name_and_value(
    tmp_path: Path, text: str, name: str, value: str | None, line: str
) -> None:
    path = tmp_path / "settings"
    path.write_text(text, "utf-8")
    assert setting_place(path, name, value) == f"{path}{line}"
