"""The letters of our PDFs: Source Sans as TrueType, for just the characters that are needed.

*Reads*: the font files of the package font-source-sans-pro. *Writes*: font files into a folder of
the caller's. *Next*: ``pdf`` embeds them.

The package holds PostScript outlines (CFF). fpdf2 embeds those under the name of TrueType, which
lenient readers put up with and Acrobat and printers may not; so the curves are redrawn.
"""

from __future__ import annotations

from pathlib import Path

import font_source_sans_pro as source_sans
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable

REGULAR, BOLD = "", "B"
_FILES = {REGULAR: source_sans.SourceSansPro, BOLD: source_sans.SourceSansProSemibold}
_ALWAYS = frozenset(" .,;:-()0123456789?")
_MOST_ERROR = 1.0
"""By how much a redrawn curve may differ, in thousandths of the letter's height."""
_UNUSED = ["GPOS", "GSUB", "GDEF", "BASE", "DSIG", "VORG", "vhea", "vmtx"]


def write_letters(folder: Path, text: str) -> dict[str, Path]:
    """Write the upright letters that ``text`` needs into ``folder``; return the files by style.

    What the font does not have is left out. Equal text gives equal bytes.
    """
    characters = "".join(sorted(_ALWAYS | set(text)))
    files = {}
    for style, source in _FILES.items():
        files[style] = folder / f"letters-{style or 'regular'}.ttf"
        _true_type(Path(source), characters).save(files[style])
    return files


def _true_type(source: Path, characters: str) -> TTFont:
    font = TTFont(source, recalcTimestamp=False)
    options = Options(
        layout_features=[], hinting=False, notdef_outline=True, recalc_timestamp=False
    )
    options.drop_tables = [*options.drop_tables, *_UNUSED]
    subsetter = Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)
    _redraw(font)
    return font


def _redraw(font: TTFont) -> None:
    """Replace the cubic curves of ``font`` by quadratic ones, and its tables by TrueType's."""
    order, drawn = font.getGlyphOrder(), font.getGlyphSet()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(None)
        drawn[name].draw(Cu2QuPen(pen, _MOST_ERROR, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = table = newTable("glyf")
    table.glyphOrder, table.glyphs = order, glyphs
    del font["CFF "]
    table.compile(font)
    for name, glyph in glyphs.items():
        font["hmtx"][name] = (font["hmtx"][name][0], getattr(glyph, "xMin", 0))
    limits = font["maxp"]
    limits.tableVersion = 0x00010000
    for field, value in (
        ("maxZones", 1),
        ("maxTwilightPoints", 0),
        ("maxStorage", 0),
        ("maxFunctionDefs", 0),
        ("maxInstructionDefs", 0),
        ("maxStackElements", 0),
        ("maxSizeOfInstructions", 0),
        ("maxComponentElements", 0),
    ):
        setattr(limits, field, value)
    limits.compile(font)
    names = font["post"]
    names.formatType, names.extraNames, names.mapping, names.glyphOrder = 2.0, [], {}, order
    font.sfntVersion = "\000\001\000\000"
