"""Signing, encrypting and publishing one envelope inside an open transaction, as the next link of its recipient's chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis.database import Transaction
from contracts.border.envelope import KeyOf, seal, sha256
from contracts.border.items import Claims, Item
from services.exchange.domain.chain import OutgoingChain
from services.exchange.domain.sent import SentItem
from services.exchange.settings import Settings
from services.exchange.store import outgoing_envelopes
from services.exchange.store.outgoing_envelopes import SentEnvelope
from services.exchange.trust import Trust

PRESENCE_EXPIRES = timedelta(seconds=60)


class NoKey(Exception):
    """There is no key to sign or to encrypt with; `code` is of the list `border_refusal`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """The direction of an envelope: from which organisation of ours to which organisation in which cell."""

    sender: str
    recipient: str
    cell: str


class Sealer:
    """Seals with the keys that are trusted now. Decides nothing: the caller has checked the item."""

    def __init__(self, settings: Settings, trust: Trust) -> None:
        self._settings, self.trust = settings, trust

    async def send(
        self,
        tx: Transaction,
        address: Address,
        items: Sequence[tuple[Item, SentItem]],
        replaces: int | None = None,
    ) -> SentEnvelope:
        """Send one envelope. Raises NoKey before anything is written, TooLargeToSeal when the items do not fit."""
        signer, recipient = self._keys(tx, address)
        chain = await outgoing_envelopes.lock_chain(tx, address.cell, address.recipient)
        jti = tx.new_id()
        lifetime = timedelta(hours=self._settings.envelope_hours)
        claims = self._claims(tx, address, jti, lifetime, chain, [item for item, _ in items], replaces)
        raw = seal(claims, signer, recipient)
        chain.append(sha256(raw))
        envelope = SentEnvelope(
            jti, address.cell, address.sender, address.recipient, chain.seq, chain.head, len(raw)
        )
        await outgoing_envelopes.save_chain(tx, chain)
        await outgoing_envelopes.add(tx, envelope, [sent for _, sent in items])
        tx.publish(self._settings.egress(address.cell), routing_key(address), raw)
        return envelope

    def send_uncounted(self, tx: Transaction, address: Address, item: Item) -> None:
        """Send a sign of life: outside the chain, remembered by nobody, soon expired. Raises NoKey."""
        signer, recipient = self._keys(tx, address)
        none = OutgoingChain(address.cell, address.recipient, seq=-1, head="")
        claims = self._claims(tx, address, tx.new_id(), PRESENCE_EXPIRES, none, [item], None)
        tx.publish(self._settings.egress(address.cell), routing_key(address), seal(claims, signer, recipient))

    def _keys(self, tx: Transaction, address: Address) -> tuple[KeyOf, KeyOf]:
        signer = self.trust.signer(address.sender, tx.now)
        if signer is None:
            raise NoKey("unknown_key")
        trusted = self.trust.list
        recipient = None if trusted is None else trusted.recipient(address.recipient, tx.now)
        if recipient is None:
            raise NoKey("recipient_unknown")
        return signer, recipient

    @staticmethod
    def _claims(
        tx: Transaction,
        address: Address,
        jti: UUID,
        lifetime: timedelta,
        chain: OutgoingChain,
        items: Sequence[Item],
        replaces: int | None,
    ) -> Claims:
        issued = int(tx.now.timestamp())
        return Claims(
            iss=address.sender,
            aud=address.recipient,
            jti=jti,
            iat=issued,
            exp=issued + int(lifetime.total_seconds()),
            seq=chain.seq + 1,
            prev=chain.head,
            items=tuple(items),
            replaces=replaces,
        )


def routing_key(address: Address) -> str:
    """The key of the Kafka record: the cell, which the topic's name says already. One partition keeps the order, and
    an onlooker learns no recipient.
    """
    return address.cell
