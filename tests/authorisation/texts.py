"""Every text that a body may have, found by walking its schema, and any text that a person or a program may send."""

import copy
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.authorisation.spoiling import Document, Schema, Where

CURIOUS = (
    "\x00",
    "\ud800",
    "\udfff",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\ufffe",
    "\x85",
    "\u2028",
    "e\u0301",
    "\u1e9b\u0323",
    "\U0010ffff",
    "\U0001f469\u200d\U0001f466",
    "\U00010348",
    "\u17d2",
    "\r\n",
    "\t",
    " ",
    "\u3164",
    "=1+1",
    "'",
    "\\u0000",
    "{x}",
    "%s",
)
WRITTEN = st.text(st.characters(categories=("L", "M", "N", "P", "S", "Zs")), max_size=60)
"""What a person may well write, in any script."""
ANY_TEXT = st.one_of(
    WRITTEN.map("\u1781".__add__),
    WRITTEN.map("  e\u0301 ".__add__),
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.lists(st.one_of(st.sampled_from(CURIOUS), st.characters(exclude_categories=("Cs",))), max_size=12).map(
        "".join
    ),
    st.text(min_size=1, max_size=20).map(lambda text: text * 150),
)
_FIXED = frozenset({"enum", "const", "pattern", "format", "x-codelist"})


def texts(document: Document, schema: Schema, value: Any, where: Where = ()) -> Iterator[tuple[Where, bool]]:
    """Places of texts, those that the right body leaves out too; and whether any text may be right there."""
    schema = document.resolved(schema)
    for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from texts(document, one, value, where)
    if schema.get("type") == "string":
        yield where, _FIXED.isdisjoint(schema)
    for name, inner in schema.get("properties", {}).items():
        present = value.get(name) if isinstance(value, Mapping) else None
        yield from texts(document, inner, present, (*where, name))
    free = schema.get("additionalProperties")
    if isinstance(free, Mapping) and isinstance(value, Mapping):
        for name, present in value.items():
            yield from texts(document, free, present, (*where, name))
    if isinstance(schema.get("items"), Mapping):
        first = value[0] if isinstance(value, list) and value else None
        yield from texts(document, schema["items"], first, (*where, 0))


def with_text(body: Any, where: Where, text: str) -> Any:
    """The body with this text in that place; what leads there is made where it is missing."""
    if not where:
        return text
    part, rest = where[0], where[1:]
    if isinstance(part, int):
        present = body if isinstance(body, list) and body else [None]
        return [with_text(present[0], rest, text), *copy.deepcopy(present[1:])]
    members = dict(body) if isinstance(body, Mapping) else {}
    return {**copy.deepcopy(members), str(part): with_text(members.get(str(part)), rest, text)}


def kept_as(text: str) -> set[str]:
    """How it may be read again: without the blanks around it; a line in one Unicode form and with single spaces."""
    return {text.replace("\r\n", "\n").strip(), " ".join(unicodedata.normalize("NFC", text).split())}


def strings(value: Any) -> Iterator[str]:
    """Every text anywhere in an answer."""
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from strings(one)
