"""Prepares a disclosure before it is taken in: its case and person in this cell, and its values under that person's key."""

from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from chassis.database import Database
from chassis.identity.access import find_person
from chassis.vault.vault import KeyDestroyed, Sealing, Vault
from contracts.border.check import Way
from contracts.border.items import DisclosureContent, DisclosureItem
from contracts.casefile.fields import checked, to_text
from services.exchange.store import received, relations

KEEPER = "intake"
"""The service whose records the received fields are from here on."""


class NotYet(Exception):
    """The case is known here, but its opening or the answer to a recall is still on its way through this cell."""


@dataclass(frozen=True, slots=True)
class PreparedDisclosure:
    """`sealed` maps each field to its ciphertext; `new_case` says that nobody here knew the reference."""

    case_id: UUID
    person_id: UUID
    new_case: bool
    sealed: dict[str, str]


async def prepare(
    database: Database, vault: Vault, way: Way, item: DisclosureItem
) -> PreparedDisclosure | None:
    """Prepare a disclosure outside any transaction, because the vault is another database. None for one that was
    taken in before, or recalled.
    """
    content = item.disclosure
    async with database.transaction(database.system()) as tx:
        if await received.lock(tx, way.sender_cell, content.disclosure_id) is not None:
            return None  # taken in before, or recalled: nothing of the disclosure is sealed, and so nothing would have to be released
        known = await relations.by_reference(tx, way.recipient, way.sender, item.reference)
        person = None if known is None else await find_person(tx, known.case_id)
        # Answering a recall may destroy the person's key, and with it the values sealed under it a moment before.
        closing = known is not None and await received.closing(tx, known.case_id)
    if known is not None and (person is None or closing):
        raise NotYet
    person_id = await _with_key(vault, person or uuid4())
    sealed = await _seal(vault, person_id, content)
    return PreparedDisclosure(uuid4() if known is None else known.case_id, person_id, known is None, sealed)


async def _with_key(vault: Vault, person_id: UUID) -> UUID:
    """The person under whose key the values are sealed. One who was erased here and is referred anew starts with a
    new key, under a new identifier.

    The new identifier follows from the old one, so that two disclosures that are taken in at once find the same.
    """
    while True:
        try:
            await vault.create(person_id)
        except KeyDestroyed:
            person_id = uuid5(person_id, "again")
        else:
            return person_id


async def _seal(vault: Vault, person_id: UUID, content: DisclosureContent) -> dict[str, str]:
    """The fields sealed under the person's key, bound to the person, the field and the disclosure. Intake keeps them."""
    names = sorted(content.data)
    values = [
        Sealing(person_id, name, content.disclosure_id, to_text(checked(name, content.data[name])))
        for name in names
    ]
    return dict(zip(names, await vault.seal_many(values, holder=KEEPER), strict=True))
