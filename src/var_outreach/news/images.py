"""Pictures for mail: checked, made small, and written anew, so that nothing else travels along.

*Reads*: a file, or an address through ``fetch``. *Writes*: nothing. *Next*: the store keeps the
bytes under their hash, and ``composing`` shows them from there; mail never links to a picture
elsewhere, which would tell its owner who reads.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from var_outreach.errors import FetchError, FileError, InputError, OutreachError
from var_outreach.fetch import FetchPolicy, NotModified, fetch

MAX_WIDTH = 1200  # pixels: twice the 600 that a mail is wide
_MAX_HEIGHT = 2400
_MIN_SIDE = 48  # a smaller one is a tracking pixel or an icon
_MAX_PIXELS = 40_000_000
_MAX_BYTES = 15 * 1024 * 1024
_PNG_BYTES = 250_000  # a larger PNG is a photograph: JPEG says the same in a tenth
_READ = ("PNG", "JPEG", "GIF", "WEBP")


@dataclass(frozen=True, slots=True)
class FoundImage:
    """A picture as it goes out: PNG or JPEG, at most 1200 pixels wide, without metadata."""

    body: bytes
    media_type: str
    width: int
    height: int
    sha256: str


def image_from_file(path: Path) -> FoundImage:
    """Read and rewrite the picture at ``path``. Raises: FileError."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise FileError(
            f"the picture cannot be read ({error.strerror})",
            where=str(path),
            remedy="Check that the file is there",
        ) from error
    return rewrite_image(data, where=str(path), error=FileError)


def image_from_web(url: str, *, policy: FetchPolicy) -> FoundImage:
    """Fetch and rewrite the picture at ``url``. Raises: FetchError."""
    answer = fetch(url, policy=policy, accept="image/png, image/jpeg, image/webp;q=0.8")
    if isinstance(answer, NotModified):
        raise FetchError("the server sent no picture", where=url, remedy="Try again later")
    return rewrite_image(answer.body, where=answer.url, error=FetchError)


def rewrite_image(
    data: bytes, *, where: str, error: type[OutreachError] = InputError
) -> FoundImage:
    """Return the picture in ``data`` as new bytes: upright, on white, without metadata.

    The same bytes give the same bytes. The sizes in the header are judged before a pixel is
    unpacked. Raises: ``error``.
    """
    remedy = "Use a PNG or JPEG of at most 15 MB and 40 million pixels"
    if len(data) > _MAX_BYTES:
        raise error("the picture is larger than 15 MB", where=where, remedy=remedy)
    try:
        with Image.open(io.BytesIO(data), formats=_READ) as image:
            width, height = image.size
            if width * height > _MAX_PIXELS:
                raise error(
                    f"the picture is {width} by {height} pixels", where=where, remedy=remedy
                )
            if min(width, height) < _MIN_SIDE:
                raise error(
                    f"the picture is {width} by {height} pixels, too small to show",
                    where=where,
                    remedy=f"Use one of at least {_MIN_SIDE} pixels each way",
                )
            is_photo = image.format in ("JPEG", "WEBP")
            image.draft("RGB", (2 * MAX_WIDTH, 2 * _MAX_HEIGHT))  # a large JPEG unpacks smaller
            small = _on_white(image)
    except OutreachError:
        raise
    # Pillow's decoders raise these for damaged or hostile files; a bomb is an error of its own.
    except (
        OSError,
        ValueError,
        SyntaxError,
        OverflowError,
        MemoryError,
        EOFError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as problem:
        raise error(
            "this is not a picture that can be read", where=where, remedy=remedy
        ) from problem
    return _encoded(small, is_photo=is_photo)


def _on_white(image: Image.Image) -> Image.Image:
    """Return the first frame, upright as its EXIF says, opaque and no larger than a mail needs."""
    image.seek(0)
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        layer = upright.convert("RGBA")
        # A transparent picture with dark lines would vanish in dark mode.
        opaque = Image.new("RGB", layer.size, "white")
        opaque.paste(layer, mask=layer.getchannel("A"))
    else:
        opaque = upright.convert("RGB")
    opaque.thumbnail((MAX_WIDTH, _MAX_HEIGHT), Image.Resampling.LANCZOS)
    # A copy of the pixels alone: comments, profiles and EXIF stay behind.
    clean = Image.new("RGB", opaque.size)
    clean.paste(opaque)
    return clean


def _encoded(image: Image.Image, *, is_photo: bool) -> FoundImage:
    """Write ``image`` as PNG, or as JPEG when it is a photograph."""
    media_type, data = "image/png", b""
    if not is_photo:
        buffer = io.BytesIO()
        image.save(buffer, "PNG", optimize=True)
        data = buffer.getvalue()
    if is_photo or len(data) > _PNG_BYTES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=82, optimize=True, progressive=True)
        media_type, data = "image/jpeg", buffer.getvalue()
    return FoundImage(
        body=data,
        media_type=media_type,
        width=image.width,
        height=image.height,
        sha256=hashlib.sha256(data).hexdigest(),
    )
