"""Work: a hold on removal goes with the person to whoever has her case now, so that no hand-over ends one."""

from uuid import UUID, uuid5

from sqlalchemy import text

from chassis.database import Transaction
from chassis.work import Item, Later, WorkKind
from services.intake.domain.facts import HoldPlaced
from services.intake.outgoing import CARRY_HOLDS, outgoing

SOON = 1.0
ATTEMPTS = 1_000
"""The case that was opened for the recipient is heard of by another topic, which may be late by as long as it likes."""

_RECEIVED = text("select case_id from intake.disclosures where referral_id = :referral and kind = 'transfer'")
_CASE = text("select organisation from intake.cases where id = :id")
_IN_FORCE = text(
    "select id, until, placed_at, placed_by from intake.holds"
    " where case_id = :id and lifted_at is null and until > :now order by placed_at, id"
)
_PLACE = text(
    """
    insert into intake.holds (id, case_id, organisation, until, placed_at, placed_by)
    values (:id, :case_id, :organisation, :until, :placed_at, :placed_by) on conflict (id) do nothing
    """
)


async def _nothing(_: Item) -> None:
    """All of it happens in `finish`."""


async def _carry(tx: Transaction, item: Item, _: None) -> None:
    """That a hold exists is no word about her: it says until when, and never why."""
    received = (await tx.execute(_RECEIVED, {"referral": UUID(item.payload["referral_id"])})).scalar()
    organisation = None if received is None else (await tx.execute(_CASE, {"id": received})).scalar()
    if received is None or organisation is None:
        raise Later(SOON)
    for hold in await tx.execute(_IN_FORCE, {"id": UUID(item.payload["case_id"]), "now": tx.now}):
        hold_id = uuid5(received, str(hold.id))
        row = {"case_id": received, "organisation": organisation, "placed_at": hold.placed_at}
        placed = await tx.execute(
            _PLACE, {**row, "id": hold_id, "until": hold.until, "placed_by": hold.placed_by}
        )
        if placed.rowcount == 1:
            tx.say(outgoing(HoldPlaced(received, hold_id, hold.until)))


def carrying_work() -> WorkKind:
    return WorkKind(CARRY_HOLDS, _nothing, _carry, max_attempts=ATTEMPTS)
