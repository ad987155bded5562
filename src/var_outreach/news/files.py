"""News from a folder of Markdown files with front matter, as staff write them.

*Reads*: the ``.md`` files in a folder and those below it. *Writes*: nothing. *Next*: the store of
this stage keeps the items. One bad file stops all of it, and every wrong thing is named at once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from var_outreach.errors import FileError, RowErrors
from var_outreach.news.front_matter import Head, Value, read_head
from var_outreach.news.items import (
    FoundItem,
    FoundNews,
    bounded_key,
    plain_line,
    shorten,
    topic_names,
    web_link,
)

_MAX_BYTES = 512 * 1024
_MAX_FILES = 5000
_MAX_TITLE = 200
_MAX_SUMMARY = 600
_PARAGRAPH_LENGTH = 450  # of a first paragraph that serves as summary
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NOTHING = Value(None, 1)


def read_news_folder(
    folder: Path,
    *,
    topics: Mapping[str, str],
    languages: Collection[str] = ("nl", "en"),
    partners: Collection[str] | None = None,
) -> FoundNews:
    """Return the items of every ``.md`` file in ``folder``, in the order of their paths.

    ``topics`` maps a topic's key to its name; a file may give either. ``partners`` are the keys a
    file may name, or None for any. ``README.md`` and names that start with a dot or underscore
    are passed over. Raises: FileError, or RowErrors when more than one thing is wrong.
    """
    if not folder.is_dir():
        raise FileError(
            "there is no such folder", where=str(folder), remedy="Name the folder with the news"
        )
    root = folder.resolve()
    paths = [path for path in sorted(folder.rglob("*.md")) if _is_item(path.relative_to(folder))]
    if len(paths) > _MAX_FILES:
        raise FileError(
            f"the folder holds {len(paths)} files", where=str(folder), remedy="Keep a folder a year"
        )
    items: list[FoundItem] = []
    notes: list[str] = []
    wrong: list[FileError] = []
    for path in paths:
        reader = _FileReader(path, folder, root, topics, languages, partners)
        item = reader.item()
        notes += reader.notes
        wrong += reader.wrong
        if item is not None:
            items.append(item)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise RowErrors(
            f"{len(wrong)} things are wrong and no news was read",
            wrong,
            where=str(folder),
            remedy="Mend each of these and read the folder again:",
        )
    return FoundNews(tuple(items), tuple(notes))


def _is_item(path: Path) -> bool:
    return path.name.lower() != "readme.md" and not any(
        part.startswith((".", "_")) for part in path.parts
    )


class _FileReader:
    """Reads one file and gathers what is wrong with it, instead of stopping at the first."""

    def __init__(
        self,
        path: Path,
        folder: Path,
        root: Path,
        topics: Mapping[str, str],
        languages: Collection[str],
        partners: Collection[str] | None,
    ) -> None:
        self._path = path
        self._key = path.relative_to(folder).as_posix()
        self._root = root
        self._topics = topics
        self._languages = languages
        self._partners = partners
        self.notes: list[str] = []
        self.wrong: list[FileError] = []

    def item(self) -> FoundItem | None:
        """Return the item, or None when something went into ``wrong``."""
        try:
            text = self._text()
            head = read_head(text, where=str(self._path))
        except FileError as error:
            self.wrong.append(error)
            return None
        image, image_alt = self._image(head)
        item = FoundItem(
            source="files",
            source_key=bounded_key(self._key),
            title=self._title(head),
            summary=self._summary(head),
            body_markdown=head.body.strip() or None,
            url=self._link(head.fields.get("link", _NOTHING)),
            image=image,
            image_alt=image_alt,
            topic=self._topic(head.fields.get("topic", _NOTHING)),
            published_on=self._date(head.fields.get("date", _NOTHING)),
            language=self._choice(head, "language", self._languages) or "nl",
            partner=self._choice(head, "partner", self._partners),
        )
        return None if self.wrong else item

    def _refuse(self, what: str, line: int, remedy: str) -> None:
        self.wrong.append(FileError(what, where=f"{self._path}:{line}", remedy=remedy))

    def _text(self) -> str:
        """Return the file's text with plain line ends. Raises: FileError."""
        path = self._path
        try:
            if not path.resolve(strict=True).is_relative_to(self._root):
                raise FileError(
                    "this link leads out of the news folder",
                    where=str(path),
                    remedy="Put the file itself in the folder",
                )
            with path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except OSError as error:
            raise FileError(
                f"the file cannot be read ({error.strerror})",
                where=str(path),
                remedy="Check the file and who may read it",
            ) from error
        if len(data) > _MAX_BYTES:
            raise FileError(
                f"the file is larger than {_MAX_BYTES // 1024} kB",
                where=str(path),
                remedy="Keep one item of news per file",
            )
        return _decoded(data, path, self.notes).replace("\r\n", "\n").replace("\r", "\n")

    def _title(self, head: Head) -> str:
        value = head.fields.get("title", _NOTHING)
        title = plain_line(value.text or "")
        if not title:
            self._refuse("the title is missing", value.line, "Add a line title: ...")
        elif len(title) > _MAX_TITLE:
            self._refuse(
                f"the title has {len(title)} characters",
                value.line,
                f"Use at most {_MAX_TITLE}",
            )
        return title

    def _summary(self, head: Head) -> str:
        value = head.fields.get("summary", _NOTHING)
        given = _first_paragraph(value.text or "")
        if len(given) > _MAX_SUMMARY:
            self._refuse(
                f"the summary has {len(given)} characters",
                value.line,
                f"Use at most {_MAX_SUMMARY}; the rest belongs below the fields",
            )
        summary = given or shorten(_first_paragraph(head.body), _PARAGRAPH_LENGTH)
        if not summary:
            self._refuse("there is no text", head.body_line, "Write a paragraph below the fields")
        return summary

    def _link(self, value: Value) -> str | None:
        if value.text is None:
            return None
        link = web_link(value.text)
        if link is None:
            self._refuse(
                f"{value.text[:80]!r} is not a web address",
                value.line,
                "Write the whole address, starting with https://",
            )
        return link

    def _topic(self, value: Value) -> str | None:
        if value.text is None:
            return None
        names = topic_names(self._topics)
        typed = plain_line(value.text).casefold()
        if typed not in names:
            near = difflib.get_close_matches(typed, names, n=1)
            self._refuse(
                f"there is no topic {value.text[:60]!r}",
                value.line,
                f"Did you mean {names[near[0]]}?"
                if near
                else f"The topics are {', '.join(self._topics)}",
            )
        return names.get(typed)

    def _date(self, value: Value) -> date | None:
        if value.text is None:
            return None
        typed = value.text.strip()
        try:
            if found := _YEAR_FIRST.fullmatch(typed):
                return date(int(found[1]), int(found[2]), int(found[3]))
            if found := _DAY_FIRST.fullmatch(typed):
                return date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            pass
        self._refuse(
            f"{typed[:40]!r} is not a date", value.line, "Write it as 2025-03-24 or 24-03-2025"
        )
        return None

    def _choice(self, head: Head, field: str, known: Collection[str] | None) -> str | None:
        value = head.fields.get(field, _NOTHING)
        if value.text is None:
            return None
        typed = plain_line(value.text).casefold()
        if known is not None and typed not in known:
            self._refuse(
                f"there is no {field} {typed[:40]!r}",
                value.line,
                f"Use one of {', '.join(sorted(known))}",
            )
        return typed

    def _image(self, head: Head) -> tuple[Path | None, str | None]:
        """Return the picture's path, inside the folder, and its text for who cannot see it."""
        value, alt = head.fields.get("image", _NOTHING), head.fields.get("alt", _NOTHING)
        if value.text is None:
            return None, None
        if alt.text is None:
            self._refuse(
                "the picture has no alt",
                value.line,
                'Add a line alt: that says what it shows, or alt: "" if it is decoration',
            )
        name = value.text.strip()
        remedy = "Give the path of a PNG or JPEG in the news folder, as seen from this file"
        try:
            path = (self._path.parent / name).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            self._refuse(f"there is no picture {name[:80]!r}", value.line, remedy)
            return None, None
        is_relative = not Path(name).is_absolute() and "\\" not in name
        if not is_relative or not path.is_relative_to(self._root):
            self._refuse(f"{name[:80]!r} lies outside the news folder", value.line, remedy)
        elif not path.is_file() or path.suffix.lower() not in _PICTURES:
            self._refuse(f"{name[:80]!r} is not a picture", value.line, remedy)
        return path, plain_line(alt.text or "")


def _decoded(data: bytes, path: Path, notes: list[str]) -> str:
    """Return the text of a file: UTF-8, else cp1252 with a note. Raises: FileError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = data.decode("cp1252", "replace")
        if "\ufffd" not in text:
            notes.append(f"{path}:{line}: this is not UTF-8 and was read as Windows text (cp1252)")
    binary = re.search("[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd]", text)
    if binary is not None:
        raise FileError(
            "this is not a text file",
            where=f"{path}:{text.count(chr(10), 0, binary.start()) + 1}",
            remedy="Save it as plain text in UTF-8",
        )
    return text


def _first_paragraph(markdown: str) -> str:
    """Return the first paragraph with words in it, as plain text on one line."""
    tokens = MarkdownIt("commonmark", {"html": False}).parse(markdown)
    for deepest in (0, 99):  # in a list or quotation only when there is nothing else
        for before, token in pairwise(tokens):
            if before.type == "paragraph_open" and before.level <= deepest:
                text = plain_line(_words(token.children or []))
                if text:
                    return text
    return ""


def _words(tokens: list[Token]) -> str:
    """Return what a reader sees of inline Markdown: the words, without marks, links, pictures."""
    breaks = ("softbreak", "hardbreak")
    return "".join(
        " " if token.type in breaks else token.content
        for token in tokens
        if token.type in ("text", "code_inline", "text_special", *breaks)
    )
