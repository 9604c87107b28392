"""Routes that every service has: the code lists with their labels, so that no client keeps a copy of its own.

They are the same in every service, because they stand in `contracts`; so a client asks whichever it is talking to.
"""

import re
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from pydantic import BaseModel, Field

from chassis.identity.access import require
from chassis.problems import NotFound
from chassis.web.http import Who
from chassis.web.kept_answers import UNCHANGED, IfNoneMatch, KeptAnswer
from contracts.codes import ENGLISH, LANGUAGES, chosen, codes, content, labels, names, reviewed

router = APIRouter(prefix="/v1/codes", tags=["code lists"])

READ = "codes.read"
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]{1,60})?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")

AcceptLanguage = Annotated[
    str | None, Header(max_length=400, description=f"of {', '.join(LANGUAGES)}; else English is answered")
]


class CodeView(BaseModel):
    code: str
    label: str


class CodeListView(BaseModel):
    """The codes in the order of their list. `reviewed`: a native speaker has looked at the labels. `reserved`: what nobody chooses in an
    answer or a request.
    """

    name: str
    version: str
    source: str
    language: str
    reviewed: bool
    codes: list[CodeView]
    reserved: list[str] = []


class CodeListSummary(BaseModel):
    name: str
    version: str
    source: str
    size: Annotated[int, Field(description="how many codes it has")]


class CodeLists(BaseModel):
    languages: list[str]
    lists: list[CodeListSummary]


@router.get("", summary="The code lists that there are", response_model=CodeLists, responses=UNCHANGED)
async def get_code_lists(actor: Who, if_none_match: IfNoneMatch = None) -> Response:
    require(actor, READ)
    return _all().response(if_none_match)


@router.get(
    "/{name}",
    summary="A code list with its labels in the language that is asked for",
    response_model=CodeListView,
    responses=UNCHANGED,
)
async def get_code_list(
    name: Annotated[str, Path(pattern=r"^[A-Za-z_]{1,60}$")],
    actor: Who,
    accept_language: AcceptLanguage = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    require(actor, READ)
    if name not in names():
        raise NotFound
    return _one(name, preferred(accept_language)).response(if_none_match)


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


@cache
def _one(name: str, language: str) -> KeptAnswer:
    shown = [CodeView(code=code, label=label) for code, label in labels(name, language).items()]
    here = content(name)
    view = CodeListView(
        name=name,
        version=here["version"],
        source=here["source"],
        language=language,
        reviewed=reviewed(name, language),
        codes=shown,
        reserved=[code for code in codes(name) if code not in chosen(name)],
    )
    return KeptAnswer.of(view.model_dump(mode="json"), language)


@cache
def _all() -> KeptAnswer:
    lists = [
        CodeListSummary(
            name=name,
            version=content(name)["version"],
            source=content(name)["source"],
            size=len(codes(name)),
        )
        for name in names()
    ]
    view = CodeLists(languages=list(LANGUAGES), lists=lists)
    return KeptAnswer.of(view.model_dump(mode="json"), ENGLISH)
