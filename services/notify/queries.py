"""The inbox as one person reads it: notices for the present holder of a case, and those that only some people are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.directory import openers, staff_with
from chassis.identity.access import CASE_HOLDERS
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.problems import NotFound
from chassis.tables import insert_missing
from chassis.web.moves import Moves
from chassis.web.positions import Position
from contracts.casefile.reference import ShownReference
from contracts.organisations import CASE_ROLES, OPERATOR, SUPERVISOR
from contracts.types import Code
from services.notify.domain.mail import MailState
from services.notify.domain.notices import BEGUN
from services.notify.store.tables import READINGS

# Of a case that was handed over, notices belong to the organisation that has her now; here remain those of this
# organisation's own acts. The holder of the case: its workers as long as they are staff, else the supervisors; where
# an organisation has no supervisor, everybody in it who works on cases, because a notice that nobody sees is none.
# What one worker was told stays theirs while they see the case, or for an act of their own: then it is its holder's.
_MINE = f"""
    notify.notifications n left join {CASE_HOLDERS} ca on ca.case_id = n.case_id and n.together is null
    where n.organisation = :organisation and (n.own or not coalesce(ca.handed_over, false)) and case
        when n.audience = 'operators' then :operator
        when not :works then false
        when n.audience = 'worker' and n.worker = any(cast(:openers as text[])) and (
            ca.case_id is null or n.own or ca.workers = '{{}}' or n.worker = any(ca.workers)
            or n.worker = any(cast(:supervisors as text[]))
        ) then n.worker = :who
        when n.audience in ('holder', 'worker') and ca.workers && cast(:openers as text[]) then :who = any(ca.workers)
        else :supervises end
"""
UNATTENDED = "/intake/v1/cases?unattended=true"
"""The list of the cases that nobody attends to, for readers who may see them. An operator may not, and sees how many
there are.
"""

LEAVES = "/intake/v1/leaves"
"""The list of leaves, for a notice about one."""

DRAFTS = "/intake/v1/drafts"
"""The list of what was begun, for a notice about a draft."""

_READING = insert_missing(READINGS)
_READ = "(select r.at from notify.readings r where r.notification_id = n.id and r.reader = :who)"


class Notification(BaseModel):
    """A notice. `referral_id`, `return_id` and `task_id` name its subject, for readers who may open it there; `read_at` is your
    own.

    With an `import_id` it is about all cases of a file together, and with an `about` about all cases of an
    organisation in which nobody is left for them: then there is no `case_id`, `count` says how many, and `list` where
    they are.
    """

    id: UUID
    reference: Annotated[str, Field(description="as it stands in the mail; the inbox can be asked for it")]
    case_id: UUID | None
    case_reference: ShownReference
    import_id: UUID | None
    about: str | None
    count: int
    list: str | None
    referral_id: UUID | None
    return_id: UUID | None
    task_id: UUID | None
    template: Annotated[str, Code("notification_template")]
    priority: Annotated[str, Code("notice_priority")]
    created_at: datetime
    read_at: datetime | None
    mail: MailState
    moves: Moves = []


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """The filters of the inbox."""

    unread: bool = False
    priority: str | None = None
    reference: str | None = None


async def inbox(
    tx: Transaction, actor: Actor, only: InboxFilter, *, after: Position | None, limit: int
) -> list[Notification]:
    """The inbox, newest first. `after` is the position of the last row of the page before."""
    at, row_id = after or (None, None)
    statement = text(
        f"select n.id, case when n.together is null then {reference_column('n.case_id')} end as case_reference,"
        " left(n.id::text, 8) as reference, case when n.together is null and n.case_id is distinct from coalesce(n.leave_id, n.task_id) then n.case_id end as case_id, n.import_id, n.about, n.count,"
        " case when n.audience = 'operators' then null when n.about is not null then :list"
        " when n.leave_id is not null then :leaves when n.template = any(cast(:begun as text[])) and n.task_id is null then :drafts end as list, n.referral_id, n.return_id, n.task_id,"
        f" n.template, n.priority, n.created_at, n.mail, {_READ} as read_at from {_MINE} and (not :unread or {_READ} is null)"
        " and (cast(:priority as text) is null or n.priority = :priority)"
        " and (cast(:reference as text) is null or left(n.id::text, 8) = :reference)"
        " and (cast(:at as timestamptz) is null or (n.created_at, n.id) < (:at, cast(:id as uuid)))"
        " order by n.created_at desc, n.id desc limit :limit"
    )
    asked = {"unread": only.unread, "priority": only.priority, "reference": only.reference}
    rows = await tx.execute(
        statement,
        {
            **await _who(tx, actor),
            **asked,
            "at": at,
            "id": row_id,
            "limit": limit,
            "list": UNATTENDED,
            "drafts": DRAFTS,
            "leaves": LEAVES,
            "begun": list(BEGUN),
        },
    )
    return [Notification.model_validate(row, from_attributes=True) for row in rows]


async def mark_read(tx: Transaction, actor: Actor, notification_id: UUID) -> None:
    """Mark a notice as read for this person alone; doing it again is harmless. NotFound for one that is not in their
    inbox.
    """
    who = {**await _who(tx, actor), "id": notification_id}
    if (await tx.execute(text(f"select n.id from {_MINE} and n.id = :id"), who)).first() is None:
        raise NotFound
    reading = {"notification_id": notification_id, "reader": actor.subject, "at": tx.now}
    await _READING.write(tx, [reading])


async def mark_all_read(tx: Transaction, actor: Actor) -> int:
    """Mark everything in this person's inbox; how many notices were new to them."""
    statement = text(
        "insert into notify.readings (notification_id, reader, at)"
        f" select n.id, :who, :now from {_MINE} and {_READ} is null order by n.id on conflict do nothing"
    )
    return (await tx.execute(statement, {**await _who(tx, actor), "now": tx.now})).rowcount


async def _who(tx: Transaction, actor: Actor) -> dict[str, Any]:
    works = bool(CASE_ROLES & set(actor.roles))
    supervisors = sorted({one.worker for one in await staff_with(tx, SUPERVISOR, actor.organisation)})
    return {
        "organisation": actor.organisation,
        "who": actor.subject,
        "operator": OPERATOR in actor.roles,
        "works": works,
        "supervises": works and (SUPERVISOR in actor.roles or not supervisors),
        "supervisors": supervisors,
        "openers": sorted(await openers(tx, actor.organisation)),
    }
