"""The place in the vault of a person's values: the class and the record that each ciphertext is bound to."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis.vault.vault import Sealing, Vault


def fields_to_seal(person_id: UUID, case_id: UUID, fields: Mapping[str, str]) -> list[Sealing]:
    """Own fields are bound to the person, the field and the case."""
    return [Sealing(person_id, name, case_id, value) for name, value in fields.items()]


async def seal_fields(
    vault: Vault, person_id: UUID, case_id: UUID, fields: Mapping[str, str]
) -> dict[str, str]:
    sealed = await vault.seal_many(fields_to_seal(person_id, case_id, fields))
    return dict(zip(fields, sealed, strict=True))


async def open_fields(
    vault: Vault, person_id: UUID, record_id: UUID, sealed: Mapping[str, str]
) -> dict[str, str]:
    """Field → text. `record_id` is the case for own fields and the disclosure for received ones.

    A field whose key was destroyed is left out: it was erased.
    """
    opened = await vault.open_many(
        [Sealing(person_id, name, record_id, value) for name, value in sealed.items()]
    )
    return {name: text for name, text in zip(sealed, opened, strict=True) if text is not None}


async def seal_json(vault: Vault, person_id: UUID, field_class: str, record: UUID | str, value: Any) -> str:
    return await vault.seal(person_id, field_class, record, json.dumps(value, ensure_ascii=False))


async def open_json(vault: Vault, sealed: Sequence[Sealing]) -> list[Any]:
    """In the order given; None where the key was destroyed."""
    opened = await vault.open_many(sealed)
    return [None if text is None else json.loads(text) for text in opened]
