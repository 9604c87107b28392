"""The organisations' own numbers of their cases: sealed, and beside each a keyed hash by which it is found and kept unique."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.identity.references import reference_of_case
from chassis.problems import Conflict
from chassis.tables import insert_missing
from services.intake.casefile.store.cases import readable
from services.intake.casefile.store.tables import OWN_NUMBERS

_FORGET = text("delete from intake.own_numbers where case_id = any(cast(:cases as uuid[]))")
_ADD = insert_missing(OWN_NUMBERS)
_WITH = text(
    "select case_id, entry from intake.own_numbers where organisation = :organisation and entry = any(cast(:entries as bytea[]))"
)
_ENTRY = text("select entry from intake.own_numbers where case_id = :case_id")
_VALUE = text(
    "select value from intake.own_numbers where case_id = :case_id and organisation = :organisation"
)


@dataclass(frozen=True, slots=True)
class SealedNumber:
    """A number on its way in: its keyed hash, and the number under the person's key."""

    entry: bytes
    value: str


class NumberTaken(Conflict):
    """Another case of the organisation has the number. It is named to whoever may read it, and to nobody else."""

    code, title = "number-taken", "Another case of the organisation has this number"

    def __init__(self, reference: str | None) -> None:
        super().__init__()
        self.reference = reference

    def body(self) -> dict[str, Any]:
        members = super().body()
        return members if self.reference is None else {**members, "case_reference": self.reference}


async def put(
    tx: Transaction, actor: Actor, case_id: UUID, organisation: str, number: SealedNumber | None
) -> None:
    """Give a case this number, or none. Raises NumberTaken."""
    await forget(tx, [case_id])
    if number is not None and not await add(tx, organisation, {case_id: number}):
        raise NumberTaken(await _reference(tx, actor, organisation, number.entry))


async def add(tx: Transaction, organisation: str, numbers: Mapping[UUID, SealedNumber]) -> bool:
    """Number cases that have none. False where a number of these is another case's, and then the whole is to be given up."""
    rows = [{"case_id": case_id, "entry": one.entry, "value": one.value} for case_id, one in numbers.items()]
    return await _ADD.write(tx, rows, organisation=organisation) == len(rows)


async def cases_with(tx: Transaction, organisation: str, entries: Collection[bytes]) -> dict[bytes, UUID]:
    """The cases of an organisation that have these numbers."""
    rows = await tx.execute(_WITH, {"organisation": organisation, "entries": sorted(entries)})
    return {bytes(row.entry): row.case_id for row in rows}


async def entry_of(tx: Transaction, case_id: UUID) -> bytes | None:
    found = (await tx.execute(_ENTRY, {"case_id": case_id})).scalar_one_or_none()
    return None if found is None else bytes(found)


async def value(tx: Transaction, case_id: UUID, organisation: str) -> str | None:
    """The number, for the organisation whose it is."""
    of = {"case_id": case_id, "organisation": organisation}
    sealed: str | None = (await tx.execute(_VALUE, of)).scalar_one_or_none()
    return sealed


async def forget(tx: Transaction, cases: Sequence[UUID]) -> None:
    """Of cases whose person is erased, or that another organisation has now: the number is free again."""
    await tx.execute(_FORGET, {"cases": list(cases)})


async def _reference(tx: Transaction, actor: Actor, organisation: str, entry: bytes) -> str | None:
    found = (await cases_with(tx, organisation, [entry])).get(entry)
    if found is None:
        return None
    return await reference_of_case(tx, found) if await readable(tx, actor, [found]) else None
