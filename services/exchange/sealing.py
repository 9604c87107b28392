"""Signing, encrypting and publishing one envelope inside an open transaction, as the next link of its recipient's chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Transaction
from contracts.border.addressing import veiled
from contracts.border.envelope import KeyOf, seal, sha256
from contracts.border.items import AgreementReference, Claims, ControlItem, Item
from contracts.organisations import authority
from services.exchange.domain.chain import OutgoingChain
from services.exchange.domain.distrust import Distrusts
from services.exchange.domain.sent import SentItem
from services.exchange.settings import Settings
from services.exchange.store import distrusts, outgoing_envelopes
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


class TrustAwaited(NoKey):
    """A key was lost, or an agreement is suspended here: what is to be sealed waits for another key, or for whoever lifts it."""

    def __init__(self) -> None:
        super().__init__("not_sealed")


@dataclass(frozen=True, slots=True)
class EnvelopeKeys:
    """The keys of an envelope: it is signed with one, sealed to one, and addressed by that of the receiving cell's authority."""

    signer: KeyOf
    sealed_to: KeyOf
    receiving: KeyOf

    @property
    def recipient(self) -> KeyOf:
        """Under a `kid` that only its cell can read, new each time."""
        return veiled(self.sealed_to, self.receiving)

    @property
    def kids(self) -> tuple[str, ...]:
        return self.signer.kid, self.sealed_to.kid, self.receiving.kid


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
        *,
        protects: bool = False,
    ) -> SentEnvelope:
        """Send one envelope. `protects`: it is signed even with a key that was lost. Raises NoKey before anything is written,
        TooLargeToSeal when the items do not fit.
        """
        counted = await distrusts.active(tx)
        keys = self._keys(counted, address, [item for item, _ in items], tx.now, protects=protects)
        chain = await outgoing_envelopes.lock_chain(tx, address.cell, address.recipient)
        jti = tx.new_id()
        lifetime = timedelta(hours=self._settings.envelope_hours)
        claims = self._claims(tx, address, jti, lifetime, chain, [item for item, _ in items], replaces)
        raw = seal(claims, keys.signer, keys.recipient)
        chain.append(sha256(raw))
        envelope = SentEnvelope(
            jti, address.cell, address.sender, address.recipient, chain.seq, chain.head, len(raw), keys.kids
        )
        await outgoing_envelopes.save_chain(tx, chain)
        await outgoing_envelopes.add(tx, envelope, [sent for _, sent in items])
        tx.publish(self._settings.egress(address.cell), routing_key(address), raw)
        return envelope

    async def send_uncounted(self, tx: Transaction, address: Address, item: Item) -> None:
        """Send a sign of life: outside the chain, remembered by nobody, soon expired. It asks for what is sealed to us: not while our own key
        for that was lost. Raises NoKey.
        """
        counted = await distrusts.active(tx)
        self._require_trust(counted, Address(address.sender, address.sender, self._settings.cell), tx.now)
        keys = self._keys(counted, address, [item], tx.now)
        none = OutgoingChain(address.cell, address.recipient, seq=-1, head="")
        claims = self._claims(tx, address, tx.new_id(), PRESENCE_EXPIRES, none, [item], None)
        tx.publish(
            self._settings.egress(address.cell),
            routing_key(address),
            seal(claims, keys.signer, keys.recipient),
        )

    async def require_trust(
        self,
        tx: Transaction,
        address: Address,
        agreement: AgreementReference | None = None,
        *,
        protects: bool = False,
    ) -> None:
        """Raises TrustAwaited where a key that would be needed was lost, or the agreement is suspended here."""
        self._require_trust(await distrusts.active(tx), address, tx.now, agreement, protects=protects)

    def _require_trust(
        self,
        counted: Distrusts,
        address: Address,
        now: datetime,
        agreement: AgreementReference | None = None,
        *,
        protects: bool = False,
    ) -> None:
        own, recipient = self.trust.signer(address.sender, now), self._recipient(address, now)
        ends = {address.sender, address.recipient, authority(address.cell)}
        needed = (None if protects else own, *(recipient or ()))
        used = {key.kid for key in needed if key is not None}
        without = own is None or recipient is None
        if used & counted.keys.keys() or (without and ends & set(counted.keys.values())):
            raise TrustAwaited
        if agreement is not None and counted.suspends(agreement.id, agreement.version):
            raise TrustAwaited

    def _keys(
        self,
        counted: Distrusts,
        address: Address,
        items: Sequence[Item],
        now: datetime,
        *,
        protects: bool = False,
    ) -> EnvelopeKeys:
        for item in items:
            agreement = None if isinstance(item, ControlItem) else item.agreement
            self._require_trust(counted, address, now, agreement, protects=protects)
        signer, recipient = self.trust.signer(address.sender, now), self._recipient(address, now)
        if signer is None:
            raise NoKey("unknown_key")
        if recipient is None:
            raise NoKey("recipient_unknown")
        return EnvelopeKeys(signer, *recipient)

    def _recipient(self, address: Address, now: datetime) -> tuple[KeyOf, KeyOf] | None:
        """The key to seal to, and that of the authority by which its cell is told whose it is."""
        return None if self.trust.list is None else self.trust.list.recipient_keys(address.recipient, now)

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
