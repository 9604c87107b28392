"""The inbox of the caller."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from chassis.identity.access import require, rights_of
from chassis.problems import NotFound
from chassis.service import Running
from chassis.web.http import Done, Listing, Page, Tx, Who, done, following
from chassis.web.moves import Offer
from chassis.web.positions import position
from contracts.types import KnownCode
from services.notify import queries

router = APIRouter(tags=["notify"])


class MarkedNotices(BaseModel):
    """How many notices were new to the reader."""

    marked: int


@router.get("/v1/inbox", summary="Notices to you, newest first")
async def list_notices(
    actor: Who,
    tx: Tx,
    running: Running,
    page: Page,
    unread: Annotated[bool, Query(description="only those that you have not read yet")] = False,
    priority: Annotated[
        Annotated[str, KnownCode("notice_priority")] | None, Query(description="only these")
    ] = None,
    reference: Annotated[
        str | None, Query(pattern="^[0-9a-f]{8}$", description="the reference in a mail")
    ] = None,
) -> Listing[queries.Notification]:
    require(actor, "inbox.read", organisation=actor.organisation)
    after = position(page.after)
    only = queries.InboxFilter(unread, priority, reference)
    items = await queries.inbox(tx, actor, only, after=after, limit=page.limit)
    if reference is not None and not items:
        anywhere = queries.InboxFilter(reference=reference)
        if not await queries.inbox(tx, actor, anywhere, after=None, limit=1):
            raise NotFound("no notice to you has this `reference`")
    for item in items:
        read = Offer("read_notice", "inbox.read")
        item.moves = running.commands.open([read], rights_of(actor), notification_id=item.id)
    moves = running.commands.open([Offer("read_notices", "inbox.read")], rights_of(actor))
    return Listing(items=items, next=following(items, page, "created_at", "id"), moves=moves)


@router.post("/v1/inbox/read", summary="Mark everything in your inbox as read by you; again is harmless")
async def read_notices(actor: Who, tx: Tx) -> MarkedNotices:
    require(actor, "inbox.read", organisation=actor.organisation)
    return MarkedNotices(marked=await queries.mark_all_read(tx, actor))


@router.post("/v1/inbox/{notification_id}/read", summary="Mark a notice as read by you; again is harmless")
async def read_notice(notification_id: UUID, actor: Who, tx: Tx, response: Response) -> Done:
    require(actor, "inbox.read", organisation=actor.organisation)
    await queries.mark_read(tx, actor, notification_id)
    return done(tx, response, notification_id)
