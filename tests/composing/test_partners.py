"""The partners file, and what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from var_outreach.composing.partners import load_partners
from var_outreach.errors import ConfigError
from var_outreach.settings import data_root


def test_the_shipped_partners_can_be_read() -> None:
    partners = load_partners(data_root() / "config" / "partners.yaml")
    assert partners["riec"].name == "RIEC Rotterdam"
    assert all(key == partner.key for key, partner in partners.items())


def test_a_logo_is_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "logos").mkdir()
    Image.new("RGB", (400, 100)).save(tmp_path / "logos" / "riec.png")
    path = tmp_path / "partners.yaml"
    path.write_text(
        "partners:\n  - {key: riec, name: RIEC, logo: riec.png}\n  - {key: om, name: OM}\n"
    )
    partners = load_partners(path)
    assert partners["riec"].logo == tmp_path / "logos" / "riec.png"
    assert partners["om"].logo is None


def test_no_partners_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "partners.yaml"
    path.write_text("partners: []\n")
    assert load_partners(path) == {}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("partners:\n  - {name: RIEC}\n", 2, "lacks its key"),
        ("partners:\n  - {key: a b, name: RIEC}\n", 2, "is no key"),
        ("partners:\n  - {key: a, name: A}\n  - {key: a, name: B}\n", 3, "twice"),
        ("partners:\n  - {key: a, name: A, logo: weg.png}\n", 2, "no PNG or JPG"),
        ("partners:\n  - {key: a, name: A, logo: ../../geheim.png}\n", 2, "'geheim.png'"),
        ("partners: {}\n", 1, "should be a list"),
        ("partners:\n  - {key: a\n", 3, "not YAML"),
        ("{}\n", 1, "no 'partners' list"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = tmp_path / "partners.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        load_partners(path)
    assert caught.value.where == f"{path}:{line}"


def test_several_mistakes_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "partners.yaml"
    path.write_text("partners:\n  - {key: a b, name: A}\n  - {name: B}\n")
    with pytest.raises(ConfigError) as caught:
        load_partners(path)
    assert f"{path}:2" in str(caught.value)
    assert f"{path}:3" in str(caught.value)
