"""The tables from which a service tells everything that it holds about the person of a case: stated once for each table, for the report of her data and for what an
erasure leaves.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Table, TextClause, text

from chassis.database import Transaction
from chassis.vault.vault import Sealing, Vault
from contracts.internal import HeldData, HeldRow, HeldSection, HeldValue


class SealedValue(NamedTuple):
    """A ciphertext of a row with its place, and the name under which it is shown."""

    name: str
    field_class: str
    record_id: UUID | str
    text: str


FoundRow = Row[Any]
"""A row of one of a service's own tables, whole."""


def no_ciphertexts(_row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    return ()


def nothing_more(_row: FoundRow) -> Iterable[HeldValue]:
    return ()


@dataclass(frozen=True)
class HeldTable:
    """The rows of one table that are about a person.

    `shows` names what is shown of a row: `detail`, `detail=column`, or `detail=column:code list`; what is empty is left out.
    `kept_for` is a code of `kept_reason`: why the rows outlive an erasure. None: they are deleted, or nobody can read them.
    """

    table: Table
    section: str
    shows: Sequence[str]
    kept_for: str | None = None
    sealed: Callable[[FoundRow, UUID], Iterable[SealedValue]] = no_ciphertexts
    more: Callable[[FoundRow], Iterable[HeldValue]] = nothing_more
    which: str = "case_id = :case_id"

    @property
    def statement(self) -> TextClause:
        return text(f"select * from {self.table.fullname} as t where {self.which}")

    def values(self, row: FoundRow) -> list[HeldValue]:
        shown = []
        for one in self.shows:
            name, _, source = one.partition("=")
            column, _, code_list = (source or name).partition(":")
            value = _plain(getattr(row, column))
            if value is not None and value != []:
                shown.append(HeldValue(name=name.partition(":")[0], value=value, code_list=code_list or None))
        return [*shown, *self.more(row)]


@dataclass(frozen=True)
class FoundRows:
    """Rows as they were read, still sealed."""

    held: HeldTable
    rows: Sequence[FoundRow]


async def find_held(tx: Transaction, tables: Iterable[HeldTable], case_id: UUID) -> list[FoundRows]:
    """The rows of every organisation: nobody is shown less of herself than there is."""
    async with tx.of_everybody():
        return [
            FoundRows(one, (await tx.execute(one.statement, {"case_id": case_id})).all()) for one in tables
        ]


async def open_held(
    found: Iterable[FoundRows], case_id: UUID, vault: Vault | None = None, person_id: UUID | None = None
) -> HeldData:
    """The same in words, outside of any transaction. Ciphertext that no key of hers opens any more is left out: of an erased
    person, and of one who came again after it, under another key.
    """
    return HeldData(
        sections=[
            HeldSection(
                section=one.held.section,
                kept_for=one.held.kept_for,
                rows=[
                    HeldRow(values=[*one.held.values(row), *opened])
                    for row, opened in zip(
                        one.rows, await _opened(one, case_id, vault, person_id), strict=True
                    )
                ],
            )
            for one in found
        ]
    )


async def _opened(
    found: FoundRows, case_id: UUID, vault: Vault | None, person_id: UUID | None
) -> list[list[HeldValue]]:
    sealed = [list(found.held.sealed(row, case_id)) for row in found.rows]
    if vault is None or person_id is None:
        return [[] for _ in sealed]
    places = [
        Sealing(person_id, one.field_class, one.record_id, one.text) for values in sealed for one in values
    ]
    texts = iter(await vault.open_readable(places) if places else [])
    return [
        [HeldValue(name=one.name, value=said) for one in values if (said := next(texts)) is not None]
        for values in sealed
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
