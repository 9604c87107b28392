"""A service's OpenAPI document for people, as the API page shows it, with examples that this stack knows."""

from typing import Any

from contracts.codes import codes
from contracts.country.reading import read_country
from deploy.local.people import load_people, story
from deploy.local.place import COUNTRIES

TOLD = story()
RECIPIENT = next(person.org for person in load_people(TOLD.receiver) if person.name.endswith(".worker"))
EXAMPLES = {
    r"^[A-Z]{2}$": TOLD.receiver,
    r"^[a-z]{2}-[a-z0-9\-]{2,60}$": RECIPIENT,
    r"^[A-Za-z0-9:_.\-]{1,80}$": f"{TOLD.sender.lower()}.worker",
}
"""Examples by a text's pattern. Without one the page makes up letters at random, which no service takes."""
OF_LISTS = {
    "language": read_country(COUNTRIES / TOLD.receiver).languages[0],
    "country": TOLD.receiver,
}
"""Examples of lists so long that their first code would astonish."""


def described(spec: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The document under its prefix, with the sign-in and examples that work, without calls between services."""
    paths = {path: item for path, item in spec["paths"].items() if not path.startswith("/internal/")}
    components = spec.setdefault("components", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"}}
    _exemplify(paths)
    _exemplify(components)
    return {**spec, "paths": paths, "security": [{"token": []}], "servers": [{"url": prefix}]}


def _exemplify(node: Any) -> None:
    """Give every text of the document that has a list or a pattern an example that fits."""
    if isinstance(node, list):
        for one in node:
            _exemplify(one)
    elif isinstance(node, dict):
        example = _example(node) if node.get("type") == "string" else None
        if example is not None:
            node.setdefault("example", example)
        for one in node.values():
            _exemplify(one)


def _example(text: dict[str, Any]) -> str | None:
    """The example for a text of a list; None where the page finds a good one in the list by itself."""
    codelist = text.get("x-codelist")
    if codelist in OF_LISTS:
        return OF_LISTS[codelist]
    if "enum" in text:
        return None
    return next(iter(codes(codelist))) if codelist else EXAMPLES.get(str(text.get("pattern")))
