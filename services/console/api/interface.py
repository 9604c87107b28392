"""Pages for whoever connects another system: where the interface for programs is described, and the code lists."""

from typing import Annotated

from fastapi import APIRouter, Form, Path
from starlette.responses import Response

from chassis.problems import NotFound
from contracts.codes import content, names, reviewed
from services.console.visiting import SignedIn, Who, WhoByForm

router = APIRouter()
DEVELOPMENT = "development"


@router.get("/interface")
async def show_interface(who: Who) -> Response:
    settings = who.settings
    front = settings.prefix != ""  # the other services are beside this one, each under its name
    return who.page(
        "interface.html", services=sorted(settings.peers), front=front, local=settings.mode == DEVELOPMENT
    )


@router.get("/codes")
async def list_code_lists(who: Who) -> Response:
    return _lists(who, "")


@router.get("/codes/find")
async def list_code_lists_again(who: Who) -> Response:
    """Where somebody comes who chooses another language after a search."""
    return who.sent_to("/codes")


@router.post("/codes/find")
async def find_code_lists(who: WhoByForm, sought: Annotated[str, Form(max_length=80)] = "") -> Response:
    return _lists(who, sought.strip())


def _lists(who: SignedIn, sought: str) -> Response:
    """The lists whose name, or one of whose codes or labels, has what is sought in it."""
    wanted = sought.casefold()
    found = {name: _hits(who, name, wanted) for name in names()}
    kept = {name: hits for name, hits in found.items() if not wanted or hits or wanted in name.casefold()}
    return who.page("codes.html", lists=kept, sought=sought)


def _hits(who: SignedIn, name: str, wanted: str) -> dict[str, str]:
    """The codes of one list that have it in them; none where nothing is sought."""
    if not wanted:
        return {}
    options = who.reader.options(name)
    return {code: label for code, label in options.items() if wanted in f"{code} {label}".casefold()}


@router.get("/codes/{name}")
async def show_code_list(name: Annotated[str, Path(pattern=r"^[A-Za-z_]{1,60}$")], who: Who) -> Response:
    if name not in names():
        raise NotFound
    told = content(name)
    return who.page(
        "code-list.html", name=name, version=told["version"], source=told["source"],
        codes=who.reader.options(name), reserved=told.get("reserved", ()),
        unreviewed=not reviewed(name, who.reader.language),
    )  # fmt: skip
