"""Renders the templates of mail: MJML compiles a template once, Jinja fills it per variant.

*Reads*: ``templates/email``, an installation's own folder before it. *Writes*: nothing. *Next*: the
composers make a ``Variant`` of what is rendered here.

Phase 1 puts the parts of a template together (``[% include %]``, ``[[ ]]`` for colours and styles)
and MJML compiles the result; loops pass through it inside ``mj-raw``. Phase 2 fills the compiled
HTML (``{% %}``, ``{{ }}``), with every value escaped. Data never passes through MJML, which emits
attribute values as they are and drops what it cannot parse.
"""

from __future__ import annotations

import re
import traceback
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from mjml import MJMLValidationErrors, mjml_to_html

from var_outreach.composing.content import place
from var_outreach.composing.palette import DARK, INLINE, LIGHT
from var_outreach.composing.text_layout import fact_line, hours_kept, lay_out, unbroken, underlined
from var_outreach.errors import ConfigError, InputError
from var_outreach.i18n import phrases
from var_outreach.settings import data_root

_INDENT = re.compile(r"\n\s+")
_UNFIT = (TemplateError, UnicodeDecodeError, InputError)
"""What a template can raise that its author has to mend."""


@dataclass(frozen=True)
class Rendered:
    """The three texts of a mail."""

    subject: str
    text: str
    html: str


def render_mail(
    kind: str,
    language: str,
    values: Mapping[str, object],
    *,
    folders: Sequence[Path] = (),
) -> Rendered:
    """Return the mail ``kind`` in ``language``, filled with ``values``.

    Templates are looked for in ``folders`` first, then in the shipped ones. Raises ConfigError,
    with file and line, for a template that is missing, not well-formed, not MJML, or that uses
    a value nobody gives.
    """
    paths = (*(str(folder) for folder in folders), str(data_root() / "templates" / "email"))
    given = {**values, "language": language}
    subject = " ".join(_fill_file(paths, language, f"{kind}/subject.txt", given).split())
    given["subject"] = subject
    text = lay_out(_fill_file(paths, language, f"{kind}/body.txt", given))
    return Rendered(subject, text, _fill_html(paths, language, f"{kind}/body.mjml", given))


def compile_template(paths: tuple[str, ...], name: str) -> str:
    """Return the template ``name`` compiled to HTML that still holds its Jinja of phase 2."""
    return _compile(assemble_template(paths, name), name)


def assemble_template(paths: tuple[str, ...], name: str) -> str:
    """Return the MJML of the template ``name`` with its parts put in (phase 1)."""
    environment = _phase_one(paths)
    try:
        return environment.get_template(name).render(
            light=asdict(LIGHT), dark=asdict(DARK), style=INLINE
        )
    except _UNFIT as error:
        raise _template_error(error, name, paths) from error


@lru_cache(maxsize=16)
def _phase_one(paths: tuple[str, ...]) -> Environment:
    return Environment(
        loader=_CheckedLoader(paths),
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class _CheckedLoader(FileSystemLoader):
    """Finds template files, and refuses MJML that is not well-formed XML."""

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        source, path, fresh = super().get_source(environment, template)
        if template.endswith(".mjml"):
            _check_xml(source, path)
        return source, path, fresh


def _check_xml(source: str, path: str) -> None:
    # A part is a fragment: one root around it, on its first line, so that line numbers hold.
    try:
        ET.fromstring(f"<part>{source}</part>")
    except ET.ParseError as error:
        line, column = error.position
        raise ConfigError(
            f"this template is not well-formed XML: {error.msg.split(':')[0]}",
            where=f"{path}:{line}",
            remedy=f"Close or escape what stands before column {column + 1}",
        ) from error
    if "<mj-include" in source or "<mj-preview" in source:
        tag = "mj-include" if "<mj-include" in source else "mj-preview"
        line = source[: source.index(f"<{tag}")].count("\n") + 1
        raise ConfigError(
            f"{tag} is not used here",
            where=f"{path}:{line}",
            remedy='Put a part in by [% include "_base/..." %]'
            if tag == "mj-include"
            else "Hidden text counts as spam: put the line where it is seen",
        )


@lru_cache(maxsize=64)
def _compile(source: str, name: str) -> str:
    """Compile once for each content of a template; the source itself is the key."""
    try:
        html = mjml_to_html(source, validation_level="strict", keep_comments=False).html
    except MJMLValidationErrors as error:
        first = error.errors[0]
        excerpt = source.split("\n")[(first.line or 1) - 1].strip()
        raise ConfigError(
            f"this template is not sound MJML: {first.message}",
            where=f"{name} ({excerpt[:80]})",
            remedy="Correct that element",
        ) from error
    return _INDENT.sub("\n", html)


def _fill_html(
    paths: tuple[str, ...], language: str, name: str, values: Mapping[str, object]
) -> str:
    try:
        template = _html_template(compile_template(paths, name), language)
        return _INDENT.sub("\n", template.render(values))
    except _UNFIT as error:
        raise _template_error(error, name, paths) from error


@lru_cache(maxsize=128)
def _html_template(source: str, language: str) -> Template:
    return _phase_two((), language, True).from_string(source)


def _fill_file(
    paths: tuple[str, ...], language: str, name: str, values: Mapping[str, object]
) -> str:
    try:
        return _phase_two(paths, language, False).get_template(name).render(values)
    except _UNFIT as error:
        raise _template_error(error, name, paths) from error


@lru_cache(maxsize=32)
def _phase_two(paths: tuple[str, ...], language: str, html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(paths),
        undefined=StrictUndefined,
        autoescape=html,
        # In HTML a line end is the space between two sentences.
        trim_blocks=not html,
        lstrip_blocks=not html,
        # A part that is included keeps its last line end, or paragraphs would run together.
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = phrases(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        words.gettext, words.ngettext, newstyle=True
    )
    environment.globals["place"] = place
    environment.filters["underlined"] = underlined
    environment.filters["fact_line"] = fact_line
    environment.filters["unbroken"] = unbroken
    environment.filters["hours_kept"] = hours_kept
    return environment


def _template_error(error: Exception, name: str, paths: tuple[str, ...]) -> ConfigError:
    if isinstance(error, ConfigError):
        return error
    if isinstance(error, UnicodeDecodeError):
        return ConfigError(
            "this template, or a part of it, is not UTF-8 text",
            where=name,
            remedy="Save it as such",
        )
    if isinstance(error, TemplateNotFound):
        return ConfigError(
            f"there is no template {error.message}",
            where=name,
            remedy=f"Put it into one of: {', '.join(paths)}",
        )
    where = name
    if isinstance(error, TemplateSyntaxError):
        where = f"{error.filename or name}:{error.lineno}"
    else:
        # Jinja gives the frames of a template its own file and line.
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith(name)]
        if frames:
            where = f"{frames[-1].filename}:{frames[-1].lineno}"
        elif found := _line_of(str(error), name, paths):
            where = found
    return ConfigError(
        f"this template cannot be filled in: {error}",
        where=where,
        remedy="Correct it there",
    )


def _line_of(message: str, name: str, paths: tuple[str, ...]) -> str:
    """Return where the name quoted in ``message`` stands in the source of a compiled template."""
    quoted = re.search(r"'(\w+)' is (?:undefined|not a place)|attribute '(\w+)'", message)
    wanted = next((one for one in quoted.groups() if one), "") if quoted else ""
    for folder in paths:
        for file in (Path(folder) / name, *sorted((Path(folder) / "_base").glob("*.mjml"))):
            if not wanted or not file.is_file():
                continue
            for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
                if re.search(rf"\b{wanted}\b", line):
                    return f"{file}:{number}"
    return ""
