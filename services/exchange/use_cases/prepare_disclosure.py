"""Prepares a disclosure before it is taken in: its case and person in this cell, and its values under that person's key."""

from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from chassis.database import Transaction
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


@dataclass(frozen=True, slots=True)
class KnownReference:
    """A reference as this cell knows it: the case, and the person under whose key it is; of a new one neither."""

    case_id: UUID | None = None
    person_id: UUID | None = None


async def look(tx: Transaction, way: Way, item: DisclosureItem) -> KnownReference | None:
    """None for a disclosure that was taken in before, or recalled: nothing of it is sealed, and so nothing would have to be
    released. Raises NotYet.
    """
    if await received.lock(tx, way.sender_cell, item.disclosure.disclosure_id) is not None:
        return None
    known = await relations.by_reference(tx, way.recipient, way.sender, item.reference)
    if known is None:
        return KnownReference()
    person = await find_person(tx, known.case_id)
    # Answering a recall may destroy the person's key, and with it the values sealed under it a moment before.
    if person is None or await received.closing(tx, known.case_id):
        raise NotYet
    return KnownReference(known.case_id, person)


async def prepare(
    vault: Vault, item: DisclosureItem, known: KnownReference | None
) -> PreparedDisclosure | None:
    """Prepare a disclosure outside any transaction, because the vault is another database."""
    if known is None:
        return None
    person_id = await _with_key(vault, known.person_id or uuid4())
    sealed = await _seal(vault, person_id, item.disclosure)
    return PreparedDisclosure(known.case_id or uuid4(), person_id, known.case_id is None, sealed)


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
