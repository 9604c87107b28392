"""The listings of this cell's own organisations, kept for partners that come later than the listings were said."""

from collections.abc import Sequence

from sqlalchemy import text

from chassis.database import Transaction
from chassis.tables import upsert_set
from contracts.border.items import Listing
from contracts.border.wire import control_from_json, control_to_json
from services.exchange.domain.listings import OwnListing
from services.exchange.store.tables import LISTINGS

_LOAD = text(
    "select organisation, content from exchange.listings where organisation = any(:keys) order by organisation for update"
)
_ALL = text("select content from exchange.listings order by organisation")
_SAVE = upsert_set(LISTINGS)


async def load(tx: Transaction, keys: Sequence[str]) -> dict[str, OwnListing]:
    rows = await tx.execute(_LOAD, {"keys": list(keys)})
    known = {row.organisation: OwnListing(row.organisation, _listing(row.content)) for row in rows}
    return {key: known.get(key) or OwnListing(key) for key in keys}


async def save(tx: Transaction, organisations: Sequence[OwnListing]) -> None:
    changed = [
        {"organisation": one.organisation, "content": control_to_json(one.listing)}
        for one in organisations
        if one.changed and one.listing
    ]
    await _SAVE.write(tx, changed)


async def every(tx: Transaction) -> list[Listing]:
    return [_listing(content) for content in (await tx.execute(_ALL)).scalars()]


def _listing(content: object) -> Listing:
    found = control_from_json(content)
    if not isinstance(found, Listing):
        raise TypeError
    return found
