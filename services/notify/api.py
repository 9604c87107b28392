"""The inbox of the caller's organisation."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import require
from chassis.http import Done, Listing, Page, Tx, Who, cursor, done
from chassis.positions import instant, positioned
from services.notify import queries, store

router = APIRouter(tags=["notify"])


@router.get("/v1/inbox", summary="Notices to your organisation, newest first")
async def get_inbox(
    actor: Who,
    tx: Tx,
    page: Page,
    unread: Annotated[bool, Query(description="only those that nobody has read yet")] = False,
) -> Listing[queries.Notification]:
    require(actor, "inbox.read", organisation=actor.organisation)
    after = positioned(page.after, instant, UUID)
    items = await queries.inbox(tx, actor.organisation, unread=unread, after=after, limit=page.limit)
    full = len(items) == page.limit
    return Listing(items=items, next=cursor(items[-1].created_at.isoformat(), items[-1].id) if full else None)


@router.post("/v1/inbox/{notification_id}/read", summary="Mark a notice as read; again is harmless")
async def post_read(notification_id: UUID, actor: Who, tx: Tx, response: Response) -> Done:
    await store.mark_read(tx, notification_id, actor)
    return done(tx, response, notification_id)
