"""Finding entries by what they are about. Whoever looks leaves an entry."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from chassis.database import Transaction
from chassis.identity.access import require
from chassis.problems import Invalid
from chassis.web.http import Listing, Page, Tx, Who, following
from chassis.web.positions import instant, number, positioned
from contracts.events.access import LogReadV1, RecordReadV1
from contracts.types import EventType, GivenInstant, KnownCode, OrganisationId, Pseudonym
from services.audit import search_queries
from services.audit.domain.sought import Sought
from services.audit.queries import TrailEntry

router = APIRouter(tags=["audit"])


@dataclass(frozen=True, slots=True)
class SoughtQuery:
    """The filters of a search; each that is given must hold."""

    case_id: Annotated[UUID | None, Query(description="only what is logged on this case")] = None
    actor: Annotated[Pseudonym | None, Query(description="only what this actor did, read or tried")] = None
    organisation: Annotated[
        OrganisationId | None, Query(description="only what was done for this organisation")
    ] = None
    purpose: Annotated[
        Annotated[str, KnownCode("purpose")] | None, Query(description="only what was done for this purpose")
    ] = None
    type: Annotated[
        EventType | None, Query(description="only entries of this event, for example `record.read.v1`")
    ] = None
    about: Annotated[
        UUID | None,
        Query(
            description="only what names this referral, return, disclosure or consent, which both halves know"
        ),
    ] = None
    since: Annotated[GivenInstant | None, Query(alias="from", description="at this instant or later")] = None
    until: Annotated[GivenInstant | None, Query(alias="to", description="before this instant")] = None

    def sought(self) -> Sought:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise Invalid("`from` must be before `to`")
        return Sought(
            self.case_id, self.actor, self.organisation, self.purpose, self.type, self.about, self.since, self.until
        )  # fmt: skip


SoughtBy = Annotated[SoughtQuery, Depends()]


@router.get(
    "/v1/entries",
    summary="Entries by case, actor, organisation, purpose, event, matter and period, newest first; the search is logged",
)
async def list_entries(actor: Who, tx: Tx, page: Page, query: SoughtBy) -> Listing[TrailEntry]:
    """404 where nothing was ever logged of what is named: an empty page would look like "nothing happened"."""
    require(actor, "trail.read")
    sought = query.sought()
    await search_queries.require_known(tx, sought)
    entries = await search_queries.newest(tx, sought, positioned(page.after, instant, number), page.limit)
    say_searched(tx, "entries", sought)
    return Listing(items=entries, next=following(entries, page, "time", "entry"))


def say_searched(tx: Transaction, view: str, sought: Sought, position: int | None = None) -> None:
    """A search is an entry with all that was asked; one that names a case stands on its trail besides."""
    tx.say(
        LogReadV1(
            view=view,
            sought_case=sought.case_id,
            sought_actor=sought.actor,
            sought_organisation=sought.organisation,
            sought_purpose=sought.purpose,
            sought_type=sought.type,
            sought_id=sought.about,
            since=sought.since,
            until=sought.until,
            position=position,
        )
    )
    if sought.case_id is not None:
        tx.say(RecordReadV1(case_id=sought.case_id, resource="trail"))
