"""Pages before a referral is drafted: what she needs, and who offers it in both countries, with room, languages, ages and hours.

What is looked for is about her, so it is sent by POST and stands in no address.
"""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from chassis.problems import NotFound
from services.console.answers import (
    CASE,
    NEEDS,
    ORGANISATION,
    ORGANISATIONS,
    REFERRALS,
    OfferedService,
    OneOrganisation,
)
from services.console.api.forms import begun_form
from services.console.asking import OrderRefused, at_once
from services.console.commands.referral_forms import DRAFT
from services.console.visiting import SignedIn, Who, WhoByForm
from services.console.words import marked

router = APIRouter()
PATH = "/cases/{case_id}/refer"
ROWS, FULL = 20, "no-capacity"
CHOOSE = marked("Choose what she needs")
Code = Annotated[str, Form(pattern=r"^[a-z0-9-]{0,60}$")]
Text = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class SoughtService:
    """The things that are looked for, as they were chosen."""

    service: str = ""
    room: str = ""
    here: str = ""
    name: str = ""

    def query(self, cell: str) -> dict[str, str]:
        only = {"service": self.service, "name": self.name.strip()} | ({"cell": cell} if self.here else {})
        return {name: said for name, said in only.items() if said} | (
            {"capacity": "capacity"} if self.room else {}
        )


@router.get(PATH)
async def begin_referring(case_id: UUID, who: Who) -> Response:
    return await _page(who, case_id, SoughtService())


@router.post(PATH)
async def look_for_services(
    case_id: UUID,
    who: WhoByForm,
    service: Code = "",
    room: Code = "",
    here: Code = "",
    name: Text = "",
    after: Annotated[str, Form(pattern=r"^[A-Za-z0-9_-]{0,400}$")] = "",
    recipient: Code = "",
) -> Response:
    """The offers; with a `recipient` who was chosen among them, the draft."""
    if service and recipient:
        return await begun_form(who, DRAFT, str(case_id), {"service": [service], "recipient": [recipient]})
    return await _page(
        who, case_id, SoughtService(service, room, here, name), after, CHOOSE if not service else ""
    )


async def _page(
    who: SignedIn, case_id: UUID, sought: SoughtService, after: str = "", fault: str = ""
) -> Response:
    voice = who.voice
    offering, case, needs = await at_once(
        voice.ask(REFERRALS, query={"case_id": case_id, "limit": 1}),
        voice.panel(CASE, case_id=case_id),
        voice.panel(NEEDS, case_id=case_id, query={"limit": 1}),
    )
    if not any(move.verb == DRAFT.verb for move in offering.value.moves):
        raise NotFound
    found = await _offers(who, sought, after) if sought.service and not fault else None
    return who.page(
        "refer.html", 422 if fault else 200, case_id=case_id, sought=sought, fault=fault, found=found, after=after, case=case,
        needs=needs, full=FULL,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offers:
    """One page of who offers it. Without `items` the directory does not answer."""

    items: list[tuple[OneOrganisation, OfferedService]] | None
    next: str | None = None


async def _offers(who: SignedIn, sought: SoughtService, after: str) -> Offers:
    query: dict[str, Any] = {**sought.query(who.settings.cell), "limit": ROWS} | (
        {"after": after} if after else {}
    )
    try:
        listed = (await who.voice.panel(ORGANISATIONS, query=query)).value
    except OrderRefused:
        listed = None
    if listed is None:
        return Offers(None)
    own = who.session.person.organisation
    each = await at_once(
        *(who.voice.panel(ORGANISATION, organisation=one.id) for one in listed.items if one.id != own)
    )
    known = [one.value for one in each if one.value is not None and not one.value.suspended]
    return Offers([(one, offer) for one in known for offer in _of(one, sought)], listed.next)


def _of(organisation: OneOrganisation, sought: SoughtService) -> list[OfferedService]:
    found = [one for one in organisation.services if one.service == sought.service and one.status == "active"]
    return [one for one in found if not sought.room or one.capacity == "capacity"]
