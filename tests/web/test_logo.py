"""A partner's logo: what stands in a mail's header can be fetched."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from tests.seeding.site import build_site_app
from var_outreach.composing.partners import Partner
from var_outreach.web.server import create_web

PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


def test_a_logo_is_sent_and_another_name_finds_nothing(tmp_path: Path) -> None:
    logo = tmp_path / "riec.png"
    logo.write_bytes(PIXEL)
    app = build_site_app(tmp_path)
    app.partners = {
        "riec": Partner("riec", "RIEC Rotterdam", logo),
        "om": Partner("om", "Openbaar Ministerie Rotterdam"),
    }
    assert app.material.partners["riec"].logo == f"{app.settings.base_url}/logo/riec"
    assert app.material.partners["om"].logo is None
    with TestClient(create_web(app)) as client:
        found = client.get("/logo/riec")
        assert found.content == PIXEL
        assert found.headers["content-type"] == "image/png"
        for nothing in ("om", "unknown", "..%2f..%2foutreach.toml"):
            assert client.get(f"/logo/{nothing}").status_code == 404
