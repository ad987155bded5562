"""The rules that the plan is tested with."""

from __future__ import annotations

import pytest

from tests.planning.facts import RULES
from var_outreach.planning.rules import Rules, load_rules


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """The rules above."""
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(RULES, "utf-8")
    return load_rules(path)
