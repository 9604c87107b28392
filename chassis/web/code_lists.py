"""Routes that every service has: the code lists with their labels, so that no client keeps a copy of its own.

They are the same in every service, because they stand in `contracts`; so a client asks whichever it is talking to.
"""

import hashlib
import json
import re
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import NotFound
from chassis.web.http import Who
from contracts.codes import ENGLISH, LANGUAGES, codes, content, labels, names, reviewed

router = APIRouter(prefix="/v1/codes", tags=["code lists"])

READ = "codes.read"
FRESH = "private, no-cache"
"""A client may keep a list, and asks whether it is still the same before each use."""

_RANGE = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]{1,60})?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")

AcceptLanguage = Annotated[
    str | None, Header(max_length=400, description=f"of {', '.join(LANGUAGES)}; else English is answered")
]
IfNoneMatch = Annotated[
    str | None, Header(max_length=400, description="an ETag of before: 304 where nothing has changed")
]
_UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "nothing has changed since the ETag of If-None-Match"}
}


class CodeView(BaseModel):
    code: str
    label: str


class CodeListView(BaseModel):
    """The codes in the order of their list. `reviewed`: a native speaker has looked at the labels."""

    name: str
    version: str
    source: str
    language: str
    reviewed: bool
    codes: list[CodeView]


class CodeListSummary(BaseModel):
    name: str
    version: str
    source: str
    size: Annotated[int, Field(description="how many codes it has")]


class CodeLists(BaseModel):
    languages: list[str]
    lists: list[CodeListSummary]


@router.get("", summary="The code lists that there are", response_model=CodeLists, responses=_UNCHANGED)
async def get_code_lists(actor: Who, if_none_match: IfNoneMatch = None) -> Response:
    return _answer(actor, if_none_match, _all(), ENGLISH)


@router.get(
    "/{name}",
    summary="A code list with its labels in the language that is asked for",
    response_model=CodeListView,
    responses=_UNCHANGED,
)
async def get_code_list(
    name: Annotated[str, Path(pattern=r"^[A-Za-z_]{1,60}$")],
    actor: Who,
    accept_language: AcceptLanguage = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    language = preferred(accept_language)
    if name not in names():
        require(actor, READ)
        raise NotFound
    return _answer(actor, if_none_match, _one(name, language), language)


def preferred(accepted: str | None) -> str:
    """The first of our languages in the order of preference of the header (RFC 9110, 12.5.4); English where none is."""
    wanted: list[tuple[float, str]] = []
    for part in (accepted or "").split(","):
        found = _RANGE.fullmatch(part)
        if found is not None:
            quality = float(found[2] or 1)
            wanted.append((-quality, ENGLISH if found[1] == "*" else found[1].lower()))
    ranked = sorted(wanted, key=lambda one: one[0])
    return next((language for quality, language in ranked if quality and language in LANGUAGES), ENGLISH)


def _answer(actor: Actor, seen: str | None, body: tuple[bytes, str], language: str) -> Response:
    require(actor, READ)
    data, tag = body
    headers = {
        "ETag": tag,
        "Content-Language": language,
        "Vary": "Accept-Language, Authorization",
        "Cache-Control": FRESH,
    }
    if seen is not None and tag in {one.strip().removeprefix("W/") for one in seen.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=JSONResponse.media_type, headers=headers)


@cache
def _one(name: str, language: str) -> tuple[bytes, str]:
    shown = [CodeView(code=code, label=label) for code, label in labels(name, language).items()]
    here = content(name)
    return _bytes(
        CodeListView(
            name=name,
            version=here["version"],
            source=here["source"],
            language=language,
            reviewed=reviewed(name, language),
            codes=shown,
        )
    )


@cache
def _all() -> tuple[bytes, str]:
    lists = [
        CodeListSummary(
            name=name,
            version=content(name)["version"],
            source=content(name)["source"],
            size=len(codes(name)),
        )
        for name in names()
    ]
    return _bytes(CodeLists(languages=list(LANGUAGES), lists=lists))


def _bytes(view: BaseModel) -> tuple[bytes, str]:
    """The answer and its ETag, which follows from every byte of the answer: a corrected label makes a new one."""
    data = json.dumps(view.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode()
    return data, f'"{hashlib.sha256(data).hexdigest()[:16]}"'
