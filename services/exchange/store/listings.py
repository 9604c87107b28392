"""The listings of this cell's own organisations, kept because a partner may come later than they were said."""

import json
from collections.abc import Sequence

from sqlalchemy import text

from chassis.database import Transaction
from contracts.border.items import Listing
from contracts.border.wire import control_from_json, control_to_json
from services.exchange.domain.listings import OwnListing

_LOAD = text(
    "select organisation, content from exchange.listings where organisation = any(:keys) order by organisation for update"
)
_ALL = text("select content from exchange.listings order by organisation")
_SAVE = text(
    """
    insert into exchange.listings (organisation, content)
    select o, c from unnest(cast(:organisations as text[]), cast(:contents as jsonb[])) as u(o, c) order by o
    on conflict (organisation) do update set content = excluded.content
    """
)


async def load(tx: Transaction, keys: Sequence[str]) -> dict[str, OwnListing]:
    rows = await tx.execute(_LOAD, {"keys": list(keys)})
    known = {row.organisation: OwnListing(row.organisation, _listing(row.content)) for row in rows}
    return {key: known.get(key) or OwnListing(key) for key in keys}


async def save(tx: Transaction, organisations: Sequence[OwnListing]) -> None:
    changed = [(one.organisation, one.listing) for one in organisations if one.changed and one.listing]
    if changed:
        contents = [json.dumps(control_to_json(listing)) for _, listing in changed]
        await tx.execute(_SAVE, {"organisations": [name for name, _ in changed], "contents": contents})


async def every(tx: Transaction) -> list[Listing]:
    return [_listing(content) for content in (await tx.execute(_ALL)).scalars()]


def _listing(content: object) -> Listing:
    found = control_from_json(content)
    if not isinstance(found, Listing):
        raise TypeError
    return found
