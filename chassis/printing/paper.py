"""A paper as PDF or PNG. What stands on it is data for one template, in which no text is markup (`paper.typ`)."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import segno
import typst

from chassis.printing.glyphs import drawable
from chassis.problems import Unexpected

HERE = Path(str(files("chassis.printing")))
FONTS = HERE / "fonts"
LANGUAGES = ("en", "th", "km", "fr", "es", "vi")
PaperLanguage = Literal["en", "th", "km", "fr", "es", "vi"]
FILE_NAME = "document.pdf"
"""The same for every paper: a list of downloads tells nobody anything."""

_POINTS = 144


@dataclass(frozen=True, slots=True)
class PaperRow:
    label: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class PaperCheck:
    """The means to ask whether the paper is genuine: an address, and a code to type."""

    words: str
    address: str
    code: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper in one language. Its title is what a stranger sees, also as the title of the file."""

    language: str
    title: str
    before: Sequence[str] = ()
    rows: Sequence[PaperRow] = ()
    after: Sequence[str] = ()
    check: PaperCheck | None = None


async def pdf(paper: Paper) -> bytes:
    """The paper to print; made beside the loop, for it takes a moment."""
    (document,) = await asyncio.to_thread(_made, paper, "pdf")
    return document


def pictures(paper: Paper) -> list[bytes]:
    """Each page as PNG, for looking at."""
    return _made(paper, "png")


def _made(paper: Paper, kind: Literal["pdf", "png"]) -> list[bytes]:
    """One document, or a picture of each page."""
    try:
        made = _compiler().compile(sys_inputs=_inputs(paper), format=kind, ppi=_POINTS)
    except typst.TypstError:
        raise Unexpected from None  # its message may quote what should have been printed
    return [bytes(page) for page in (made if isinstance(made, list) else [made]) if page is not None]


def _compiler() -> typst.Compiler:
    """One for each paper: it is not for several threads. The fonts are read once."""
    return typst.Compiler(HERE / "paper.typ", root=HERE, font_paths=_fonts())


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _inputs(paper: Paper) -> dict[str, str]:
    shown = drawable(asdict(paper))
    if paper.check is not None:
        address = f"{paper.check.address}/{paper.check.code.replace('-', '')}"
        shown["check"]["qr"] = segno.make(address, error="m").svg_inline(border=0)
    return {"data": json.dumps(shown, ensure_ascii=False)}
