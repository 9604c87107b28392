"""The inbox as a worker reads it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text

from chassis.database import Transaction


class Notification(BaseModel):
    id: UUID
    case_id: UUID
    template: str
    created_at: datetime
    read_at: datetime | None
    mail: str


async def inbox(
    tx: Transaction, organisation: str, *, unread: bool, after: tuple[datetime, UUID] | None, limit: int
) -> list[Notification]:
    """Newest first. `after` is the position of the last row of the page before."""
    at, row_id = after or (None, UUID(int=0))
    rows = await tx.execute(
        text(
            "select id, case_id, template, created_at, read_at, mail from notify.notifications"
            " where organisation = :organisation and (not :unread or read_at is null)"
            " and (cast(:first as boolean) or (created_at, id) < (cast(:at as timestamptz), cast(:id as uuid)))"
            " order by created_at desc, id desc limit :limit"
        ),
        {
            "organisation": organisation,
            "unread": unread,
            "first": after is None,
            "at": at,
            "id": row_id,
            "limit": limit,
        },
    )
    return [Notification.model_validate(row, from_attributes=True) for row in rows]
