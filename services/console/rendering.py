"""Pages as bytes: the templates, the files that they load, and the headers of every answer."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from contracts.casefile.reference import PATTERN
from services.console.log_words import code_words, event_choices, event_words, in_words
from services.console.settings import Settings

HERE = Path(__file__).parent
STATIC = HERE / "static"
FOREVER = "public, max-age=31536000, immutable"
"""For files that have a hash of their content in their names."""
_REFERENCE = re.compile(rf"\b({PATTERN.strip('^$')})\b")
_WHOLE = Markup('<span class="app-whole">{}</span>')


@cache
def environment() -> Environment:
    loaders = {"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(HERE / "templates"), PrefixLoader(loaders)]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = static_names()
    made.globals.update(
        event_words=event_words, event_choices=event_choices, code_words=code_words, in_words=in_words
    )
    made.filters["whole"] = whole
    return made


def whole(text: object) -> Markup:
    """A text in which references of cases stand each on one line, however narrow the page is. What is markup already is left as it is."""
    if isinstance(text, Markup):
        return text
    parts = _REFERENCE.split(str(text))
    return Markup().join(_WHOLE.format(part) if number % 2 else part for number, part in enumerate(parts))


@cache
def static_names() -> Mapping[str, str]:
    """The files of `make assets`, by the names that they had before."""
    names: dict[str, str] = json.loads((STATIC / "names.json").read_text(encoding="utf-8"))
    return names


def rendered(template: str, status: int, values: Mapping[str, Any]) -> Response:
    return HTMLResponse(environment().get_template(template).render(values), status)


def headers(settings: Settings) -> dict[str, str]:
    """The headers of every page: kept nowhere, shown in no other page, naming itself to nobody, with no script or style but ours."""
    policy = {
        "default-src": "'none'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": "'self'",
        "form-action": " ".join(["'self'", *settings.elsewhere]),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
