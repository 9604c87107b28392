"""Entries that name a matter of two cells, from the log alone: those about it, the reasons that the agreements allow, and what
kind of organisation did it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.problems import NotFound
from chassis.rows import RowReader
from services.audit.domain.allowed import LIFTED
from services.audit.domain.other_half import ARRIVALS, DEPARTURES, MATTERS, READING, RELEASED, MatterEntry

_ENTRIES = RowReader(MatterEntry)
_COLUMNS = "entry, time, type, stream, organisation, hash, details"
_ABOUT = " union all ".join(
    f"select {_COLUMNS} from audit.entries where details ->> '{name}' = any(:ids) and type = any(:types) and entry <= :until"
    for name in MATTERS
)
_READ = (
    f"select {_COLUMNS} from audit.entries where type = '{READING}' and details ->> 'resource_id' = any(:ids)"
    " and entry <= :until"
)
_NAMED = text(f"{_ABOUT} union all {_READ} order by entry")
_CROSSED = text(
    f"select {_COLUMNS} from audit.entries where stream = any(:streams) and type = any(:types) and entry <= :until"
    " order by entry"
)
_AGREEMENTS = text("select details from audit.entries where type = 'agreement.changed.v1' order by entry")
_SUSPENDED = text(
    f"""
    select details ->> 'agreement_id' as id, max(cast(details ->> 'agreement_version' as integer)) as version from (
        select distinct on (details ->> 'distrust_id') details from audit.entries
        where type = 'distrust.moved.v1' order by details ->> 'distrust_id', entry desc
    ) as last where details ->> 'agreement_id' is not null and details ->> 'state' <> '{LIFTED}' group by 1
    """
)
_ROLES = text(
    "select distinct on (details ->> 'organisation') details ->> 'organisation' as id, details ->> 'role' as role"
    " from audit.entries where type = 'directory.changed.v1' and details ->> 'organisation' = any(:ids)"
    " order by details ->> 'organisation', entry desc"
)
_LAST = 2**62


async def about(tx: Transaction, matters: Collection[UUID], until: int = _LAST) -> list[MatterEntry]:
    """The entries up to a position that name one of the matters, and those by which anything of the same cases crossed."""
    asked = {"ids": sorted(map(str, matters)), "types": sorted(RELEASED), "until": until}
    named = _ENTRIES.all(await tx.execute(_NAMED, asked))
    streams = sorted({one.stream for one in named})
    border = await _crossed(tx, streams, [*ARRIVALS, *DEPARTURES], until)
    return list({one.entry: one for one in (*named, *border)}.values())


async def of_case(tx: Transaction, case_id: UUID) -> list[MatterEntry]:
    """The entries of a case by which something crossed, or was to be told."""
    return await _crossed(tx, [str(case_id)], sorted(RELEASED - {READING}), _LAST)


async def _crossed(
    tx: Transaction, streams: Sequence[str], types: Sequence[str], until: int
) -> list[MatterEntry]:
    asked = {"streams": streams, "types": types, "until": until}
    return _ENTRIES.all(await tx.execute(_CROSSED, asked))


async def agreements(tx: Transaction) -> list[Mapping[str, Any]]:
    """Every version of every agreement, as it was said."""
    return list((await tx.execute(_AGREEMENTS)).scalars())


async def require_partner(tx: Transaction, own: str, cell: str | None) -> None:
    """Raises NotFound for a cell with which this one never had an agreement."""
    if cell is None or (cell != own and any(cell in one["cells"] for one in await agreements(tx))):
        return
    raise NotFound("no agreement was ever logged with this `partner`")


async def suspended(tx: Transaction) -> Mapping[str, int]:
    """Agreement → the highest of its versions that this cell has suspended, as operators last said it."""
    return {row.id: row.version for row in await tx.execute(_SUSPENDED)}


async def roles(tx: Transaction, organisations: Collection[str]) -> Mapping[str, str]:
    """Organisation → its role, as the directory last said it."""
    rows = await tx.execute(_ROLES, {"ids": sorted(organisations)})
    return {row.id: row.role for row in rows}
