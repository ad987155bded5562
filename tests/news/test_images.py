"""Pictures are judged before they are unpacked and come out new, small and without metadata."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from var_outreach.errors import FileError, InputError
from var_outreach.news.images import FoundImage, image_from_file, rewrite_image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(found: FoundImage) -> Image.Image:
    image = Image.open(io.BytesIO(found.body))
    image.load()
    return image


def rewritten(data: bytes) -> FoundImage:
    return rewrite_image(data, where="x.png")


def test_a_wide_picture_is_made_1200_wide_in_proportion() -> None:
    found = rewritten(saved(Image.new("RGB", (3000, 1500), "teal"), "PNG"))
    assert (found.width, found.height, found.media_type) == (1200, 600, "image/png")
    assert opened(found).size == (1200, 600)


def test_a_small_picture_keeps_its_size() -> None:
    assert rewritten(saved(Image.new("RGB", (300, 200)), "PNG")).width == 300


def test_exif_and_comments_are_gone_and_the_picture_is_upright() -> None:
    photo = Image.new("RGB", (400, 200), "red")
    exif = photo.getexif()
    exif[0x0112] = 6  # to be turned a quarter
    exif[0x010E] = "secret place"
    found = rewritten(saved(photo, "JPEG", exif=exif, comment=b"secret note"))
    assert (found.width, found.height, found.media_type) == (200, 400, "image/jpeg")
    assert b"secret" not in found.body
    assert not opened(found).getexif()


def test_the_same_bytes_give_the_same_bytes() -> None:
    data = saved(Image.radial_gradient("L").resize((900, 900)), "JPEG")
    first, second = rewritten(data), rewritten(data)
    assert first == second
    assert len(first.sha256) == 64


def test_transparency_becomes_white_for_dark_mode() -> None:
    logo = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    pixel = opened(rewritten(saved(logo, "PNG"))).getpixel((5, 5))
    assert pixel == (255, 255, 255)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("JPEG", "CMYK"), ("JPEG", "L"), ("GIF", "P")],
)
def test_every_common_kind_comes_out_as_rgb(kind: str, mode: str) -> None:
    found = rewritten(saved(Image.new(mode, (120, 80)), kind))
    assert opened(found).mode == "RGB"
    assert found.media_type in ("image/png", "image/jpeg")


def test_a_photograph_saved_as_png_becomes_a_jpeg() -> None:
    noise = Image.effect_noise((1000, 700), 90).convert("RGB")
    assert rewritten(saved(noise, "PNG")).media_type == "image/jpeg"


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises ``width`` by ``height`` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_a_picture_below_the_limit_of_pillow_is_judged_by_ours() -> None:
    with pytest.raises(InputError, match="8000 by 8000 pixels"):
        rewritten(bomb(8000, 8000))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(12000, 12000), (60000, 60000), (2**31 - 1, 9)])
def test_a_decompression_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"x\.png"):
        rewritten(bomb(*size))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "not a picture"),
        (saved(Image.new("RGB", (90, 90)), "BMP"), "not a picture"),
        (saved(Image.new("RGB", (90, 90)), "TIFF"), "not a picture"),
        (saved(Image.effect_noise((200, 200), 50), "PNG")[:3000], "not a picture"),
        (saved(Image.effect_noise((200, 200), 50), "JPEG")[:3000], "not a picture"),
        (saved(Image.new("RGB", (1, 1)), "PNG"), "too small"),
        (b"\xff\xd8\xff" + b"x" * 16_000_000, "larger than 15 MB"),
    ],
    ids=["empty", "svg", "postscript", "bmp", "tiff", "half-png", "half-jpeg", "pixel", "huge"],
)
def test_what_is_no_picture_for_mail_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why):
        rewritten(data)


def test_a_file_is_read_and_its_path_is_in_the_error(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(saved(Image.new("RGB", (64, 64)), "PNG"))
    assert image_from_file(path).width == 64
    path.write_bytes(b"nothing")
    with pytest.raises(FileError, match=r"a\.png"):
        image_from_file(path)
    with pytest.raises(FileError, match="cannot be read"):
        image_from_file(tmp_path / "weg.png")
