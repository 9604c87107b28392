"""The route of a search. What is looked for stands in the body, never in an address, and nowhere afterwards."""

from collections.abc import Callable
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AfterValidator, Field, model_validator

from chassis.identity.access import require, rights_of
from chassis.service import Service
from chassis.web.http import Listing, PageQuery, Who, cursor, page
from chassis.web.moves import Offer
from chassis.web.positions import number, positioned
from contracts.casefile.name import NameText
from contracts.casefile.own_number import OwnNumber
from contracts.casefile.text import Line
from contracts.events.access import CaseSearchedV1
from contracts.form import Form
from services.intake.casefile.api.prepared import checked_date
from services.intake.casefile.domain.index_texts import (
    BIRTHDATE,
    DOCUMENTS,
    FULL_NAME,
    TELEPHONES,
    document,
    telephone,
)
from services.intake.casefile.parts import Running
from services.intake.matching import finding
from services.intake.matching.api.views import MatchView, shown
from services.intake.matching.finding import Match

router = APIRouter(tags=["matching"])

MAX_DATE = 30
FEW, MOST = 10, 20
"""A page of matches is short: each of them is a reading, and who looks for one person needs no list of them."""


def _telling(compared: Callable[[str], str | None]) -> AfterValidator:
    def check(text: str) -> str:
        if compared(text) is None:
            raise ValueError("too short to find anybody by")
        return text

    return AfterValidator(check)


DocumentNumber = Annotated[Line, _telling(document)]
TelephoneNumber = Annotated[Line, _telling(telephone)]


class SearchForm(Form):
    """The person whom somebody looks for. `case_id`, which takes the reference of a case too, and `own_number` stand alone; of the
    others one is needed, and each adds to what is compared.
    """

    case_id: Annotated[UUID | None, Field(description="the identifier or the reference of a case")] = None
    own_number: OwnNumber | None = None
    name: Annotated[
        NameText | None,
        Field(description="in any script, spelling and order of its parts; a part of it is enough"),
    ] = None
    document: Annotated[
        DocumentNumber | None,
        Field(description="the number of an identity or travel document"),
    ] = None
    telephone: Annotated[
        TelephoneNumber | None,
        Field(description="with the code of the country or without"),
    ] = None
    born: Annotated[
        str | None,
        Field(
            max_length=MAX_DATE,
            description="in EDTF (1998, 1998~, 199X, 1990/1995); compared with those who are found; it finds nobody by itself",
        ),
    ] = None

    @model_validator(mode="after")
    def _looks_for_somebody(self) -> Self:
        keys = (self.name, self.document, self.telephone)
        of_case = [one for one in (self.case_id, self.own_number) if one is not None]
        if not of_case and not any(keys):
            raise ValueError("a name, a document, a telephone, a number or a case is needed")
        if of_case and (len(of_case) > 1 or any(keys) or self.born is not None):
            raise ValueError("a case is looked for by its reference or its number alone")
        return self

    def fields(self, service: Service) -> dict[str, str]:
        """As fields of a case file, with which they are compared. Raises Invalid for a date that is none."""
        born = None if self.born is None else checked_date(service, self.born, ["body", "born"])
        sought = {
            FULL_NAME: self.name,
            DOCUMENTS[0]: self.document,
            TELEPHONES[0]: self.telephone,
            BIRTHDATE: born,
        }
        return {name: text for name, text in sought.items() if text is not None}


async def few(
    limit: Annotated[int, Query(ge=1, le=MOST, description="rows on a page")] = FEW,
    after: Annotated[str | None, Query(max_length=400, description="`next` of the page before")] = None,
) -> PageQuery:
    return await page(limit, after)


Few = Annotated[PageQuery, Depends(few)]


@router.post(
    "/v1/cases/search", summary="Find cases that you may read by a person's name, papers or telephone; logged"
)
async def search_cases(
    body: SearchForm, actor: Who, service: Running, few: Few, response: Response
) -> Listing[MatchView]:
    require(actor, "case.read", organisation=actor.organisation)
    position = positioned(few.after, number, UUID)
    if body.case_id is not None:
        found = await finding.named(service, actor, body.case_id)
    elif body.own_number is not None:
        found = await finding.numbered(service, actor, body.own_number)
    else:
        found = await finding.find(service, actor, body.fields(service))
    rest = [one for one in found if position is None or one.order > Match.ordered(*position)]
    async with service.database.transaction(actor.origin()) as tx:
        readable = await finding.still_readable(tx, actor, rest[: few.limit])
        tx.say(CaseSearchedV1(found=len(found)))
        views = await shown(tx, readable, buddhist=service.settings.country.buddhist_era)
    response.headers["Cache-Control"] = "no-store"
    moves = service.commands.open([Offer("open_case", "case.open")], rights_of(actor))
    last = rest[few.limit - 1] if len(rest) > few.limit else None
    return Listing(items=views, next=last and cursor(last.likeness.score, last.case_id), moves=moves)
