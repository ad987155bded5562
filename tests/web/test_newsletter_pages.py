"""The archive: only what went out, and nothing of a person in it."""

from __future__ import annotations

from tests.seeding.site import PICTURE, PNG
from tests.web.conftest import Place


def test_archive_lists_what_went_out(site: Place) -> None:
    page = site.get("/nieuwsbrief").text
    assert page.index("Nieuwsbrief september") < page.index("Nieuwsbrief juli")
    assert "Nieuwsbrief oktober" not in page
    assert "<h2>2025</h2>" in page
    assert "4 september 2025" in page


def test_issue_that_did_not_go_out_is_not_there(site: Place) -> None:
    unknown = site.get("/nieuwsbrief/2024-01")
    for path in ("/nieuwsbrief/2025-10", "/nieuwsbrief/2025-10/brief"):
        assert (site.get(path).status_code, site.get(path).text) == (404, unknown.text)


def test_issue_is_shown_in_a_frame_of_its_own(site: Place) -> None:
    page = site.get("/nieuwsbrief/2025-09").text
    assert 'src="/nieuwsbrief/2025-09/brief"' in page
    assert 'sandbox="allow-popups' in page
    assert 'title="De nieuwsbrief"' in page
    assert "allow-scripts" not in page
    assert "/nieuwsbrief/2025-07" in page
    letter = site.get("/nieuwsbrief/2025-09/brief")
    policy = letter.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox" in policy
    assert letter.headers["x-frame-options"] == "SAMEORIGIN"
    assert "max-width:600px" in letter.text


def test_letter_is_the_archive_text_without_places(site: Place) -> None:
    letter = site.get("/nieuwsbrief/2025-09/brief").text
    assert "Archief" in letter
    assert "Uitschrijven" not in letter
    older = site.get("/nieuwsbrief/2025-07/brief").text
    assert 'href=""' not in older
    assert "Uitschrijven" not in older
    assert "Archief hier" in older
    assert "\ue000" not in older
    assert "unsubscribe_url" not in older


def test_picture_is_kept_for_ever(site: Place) -> None:
    picture = site.get(f"/afbeelding/{PICTURE}")
    assert picture.content == PNG
    assert picture.headers["content-type"] == "image/png"
    assert "immutable" in picture.headers["cache-control"]
    assert picture.headers["x-content-type-options"] == "nosniff"
    for wrong in ("cd" * 32, "..%2fsecret", PICTURE.upper()):
        assert site.get(f"/afbeelding/{wrong}").status_code == 404
