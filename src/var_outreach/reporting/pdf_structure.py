"""The structure inside a PDF: what is a heading, a table, a row, a header cell.

*Reads*: nothing. *Writes*: marks into the PDF that is being made. *Next*: ``pdf`` wraps what it
draws in these marks, so that a screen reader reads a table as a table.

fpdf2 keeps such marks for pictures only, all directly below the document (its ``structure_tree``);
this hangs a real tree into the same place (ISO 32000-1, 14.7 and 14.8).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fpdf import FPDF
from fpdf.structure_tree import StructElem, StructureTreeBuilder
from fpdf.syntax import PDFObject, Raw


class _Element(StructElem):
    """A node of the tree; ``a`` holds attributes such as the scope of a header cell."""

    __slots__ = ("a",)

    def __init__(self, kind: str, parent: PDFObject, page: int, attributes: str | None) -> None:
        super().__init__(struct_type=f"/{kind}", parent=parent, kids=[], page_number=page)
        self.a = None if attributes is None else Raw(attributes)


class _Tree(StructureTreeBuilder):
    """All nodes in the order in which they were made, whatever their depth."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[_Element] = []

    def __iter__(self) -> Iterator[PDFObject]:
        yield self.struct_tree_root
        yield self.doc_struct_elem
        yield self.struct_tree_root.parent_tree
        yield from self.nodes


class Structure:
    """Marks what is drawn on the pages of one PDF."""

    def __init__(self, pdf: FPDF) -> None:
        self._pdf = pdf
        self._tree = _Tree()
        self._marks: dict[int, int] = {}
        pdf.struct_builder = self._tree
        self._open: list[StructElem] = [self._tree.doc_struct_elem]

    @contextmanager
    def inside(self, kind: str, *, attributes: str | None = None) -> Iterator[None]:
        """Put what is marked within into one node: a Table, a TR; it draws nothing itself."""
        self._push(kind, attributes)
        yield
        self._open.pop()

    @contextmanager
    def content(self, kind: str, *, attributes: str | None = None) -> Iterator[None]:
        """Mark what is drawn within, on one page, as one node: an H1, a TD, a P."""
        page = self._pdf.page
        node = self._push(kind, attributes)
        mark = self._marks.get(page, 0)
        self._marks[page] = mark + 1
        spread = self._tree.spid_per_page_number
        parents = spread.setdefault(page, len(spread))
        self._pdf.pages[page].struct_parents = parents
        self._tree.struct_tree_root.parent_tree.nums[parents].append(node)
        node.k.append(mark)
        # fpdf2 sets it itself, but for the nodes right below the document only.
        node.pg = self._pdf.pages[page]  # type: ignore[assignment]
        self._pdf._out(f"/{kind} <</MCID {mark}>> BDC")
        yield
        self._pdf._out("EMC")
        if self._pdf.page != page:
            raise RuntimeError("what is marked as one node stands on one page")
        self._open.pop()

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Mark what is drawn within as no content: a line, a page number, a repeated header."""
        self._pdf._out("/Artifact BMC")
        yield
        self._pdf._out("EMC")

    def _push(self, kind: str, attributes: str | None) -> _Element:
        parent = self._open[-1]
        node = _Element(kind, parent, self._pdf.page, attributes)
        parent.k.append(node)
        self._tree.nodes.append(node)
        self._open.append(node)
        return node


HEADER_OF_COLUMN = "<</O /Table /Scope /Column>>"
"""Attributes of a TH that stands above its column."""
