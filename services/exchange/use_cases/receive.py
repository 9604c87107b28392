"""Take one envelope in: its place in the chain, each of its items judged and applied, each answered, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

from chassis.database import Transaction
from chassis.identity.access import remember_person
from contracts.border.check import Agreement, Way, check_item, extract_reasons
from contracts.border.envelope import OpenedEnvelope, sha256
from contracts.border.extract import Extract, ExtractRefusal, ExtractRequest
from contracts.border.items import ControlItem, DisclosureItem, Item, ProcessItem, Receipt, Refusal, Resend
from contracts.events.exchange import DisclosureReceivedV1, ProcessReceivedV1, ReceivedField
from contracts.organisations import cell_of
from services.exchange.domain.chain import Place
from services.exchange.domain.disclosure import disclosure_item
from services.exchange.domain.facts import ControlDue
from services.exchange.outgoing import outgoing
from services.exchange.store import inbox, received, relations
from services.exchange.store.inbox import IncomingItem, RawRecord
from services.exchange.store.received import ArrivedDisclosure
from services.exchange.store.relations import KnownRelation
from services.exchange.use_cases.apply_control import RESENT_AFTER, HeardControl, apply_control, ask
from services.exchange.use_cases.apply_extract import HeardExtract, apply_extract
from services.exchange.use_cases.prepare_disclosure import PreparedDisclosure

RECALLED = "recalled"
OUT_OF_SEQUENCE = "out_of_sequence"
OF_NO_CHAIN = frozenset({"sender_mismatch", "wrong_recipient"})
"""Refusals of an envelope of which nobody can say to whose chain it belongs."""


UNTAKEN: Mapping[Place, str] = {Place.REPEATED: "replayed", Place.TOO_FAR: OUT_OF_SEQUENCE}
"""The places in which nothing of an envelope is applied, with the code that the sender is told."""


class EnvelopeOvertaken(Exception):
    """Another process changed what this envelope was prepared for; it is prepared again."""


@dataclass(frozen=True, slots=True)
class JudgedEnvelope:
    """An opened envelope. `code` refuses it as a whole; `prepared` holds each disclosure's case, person and values.

    `own` are the organisations of this cell that have keys.
    """

    raw: RawRecord
    opened: OpenedEnvelope
    agreements: Mapping[str, Agreement]
    own: frozenset[str]
    code: str | None = None
    prepared: Mapping[UUID, PreparedDisclosure | None] = field(default_factory=dict)

    @property
    def way(self) -> Way:
        claims = self.opened.claims
        return Way(claims.iss, self.raw.cell, claims.aud, cell_of(claims.aud))

    def refusal(self, item: Item, now: datetime) -> str | None:
        """The code that refuses this item for its own content, without looking at what this cell has stored; None
        where it passes.
        """
        agreement = None if isinstance(item, ControlItem) else self.agreements.get(item.agreement.id)
        code = self.code or check_item(item, agreement, self.way, now)
        if code is None and isinstance(item, DisclosureItem):
            return None if item.id == disclosure_item(item.disclosure.disclosure_id) else "invalid_value"
        return code


async def receive(tx: Transaction, judged: JudgedEnvelope) -> None:
    """Take one envelope in, whose record was taken. A replay is kept and told, and has no effect."""
    raw = judged.raw
    if judged.code in OF_NO_CHAIN:
        await refuse_bytes(tx, raw, judged.code or "", _disclosures(judged))
        return
    place = await _place(tx, judged)
    if place in UNTAKEN:
        await refuse_bytes(tx, raw, UNTAKEN[place], _disclosures(judged))
        return
    codes = [await _take(tx, judged, item) for item in judged.opened.claims.items]
    kept = [code for code in codes if code is not None and code != RECALLED]
    if kept:
        await inbox.set_aside(tx, raw, kept[0], _disclosures(judged))


async def refuse_bytes(tx: Transaction, raw: RawRecord, code: str, disclosures: Sequence[UUID] = ()) -> None:
    """Keep a refused record whole, and tell the cell from whose topic it came; unreadable bytes are asked for again."""
    await inbox.set_aside(tx, raw, code, disclosures)
    digest = sha256(raw.raw)
    item_id = uuid5(UUID(int=0), f"{raw.cell}|{raw.partition}|{raw.offset}|{code}")
    content: Resend | Refusal = Refusal(digest, code, raw.partition, raw.offset)
    if code in RESENT_AFTER:
        content = Resend(partition=raw.partition, offset=raw.offset, sha256=digest)
    tx.say(outgoing(ControlDue(item_id, raw.cell, content)))


async def quarantine(tx: Transaction, judged: JudgedEnvelope) -> None:
    """Keep an envelope that can be opened and again and again cannot be taken in, for an operator, and tell its sender."""
    await inbox.set_aside(tx, judged.raw, "quarantined", _disclosures(judged))
    await _place(tx, judged)
    for item in judged.opened.claims.items:
        if not isinstance(item, ControlItem):
            await _answer(tx, judged, IncomingItem(item.id, item.item_class, "quarantined"))


async def put_away(tx: Transaction, raw: RawRecord) -> None:
    """The last resort, for a record that cannot even be quarantined: kept for an operator, and nothing of it is read."""
    await inbox.set_aside(tx, raw, "quarantined")


async def _place(tx: Transaction, judged: JudgedEnvelope) -> Place:
    """The envelope's place. The chain moves on whether the items are refused or not; presence stands outside it."""
    raw, claims = judged.raw, judged.opened.claims
    digest, place = sha256(raw.raw), Place.NEXT
    if claims.seq > 0:
        following = claims.seq if claims.replaces is None else None
        chain = await inbox.lock_chain(tx, raw.cell, claims.aud, following=following)
        place = chain.take(claims.seq, claims.prev, digest, claims.replaces)
        if place is Place.TOO_FAR:
            return place
        envelope = (claims.jti, raw.cell, claims.iss, claims.aud, claims.seq, digest)
        keys = judged.opened.signed_with, judged.opened.opened_with
        if not await inbox.add_envelope(tx, envelope, place, judged.code, keys):
            return Place.REPEATED
        if place is not Place.REPEATED:
            await inbox.save_chain(tx, chain)
            ask(tx, raw.cell, claims.aud, chain.asked)
    return place


async def _take(tx: Transaction, judged: JudgedEnvelope, item: Item) -> str | None:
    """Judge, apply and answer one item. The code of a refused item, or None."""
    code = judged.refusal(item, tx.now)
    if isinstance(item, ControlItem):
        if code is None:
            await _control(tx, judged, item)
        return code
    seen = await inbox.seen_item(tx, judged.raw.cell, item.id)
    if seen is not None and seen.outcome == "accepted":
        _receipt(tx, judged, seen)
        return None
    taken = IncomingItem(item.id, item.item_class, "refused", code)
    if code is None:
        taken = await (
            _process(tx, judged, item) if isinstance(item, ProcessItem) else _disclosure(tx, judged, item)
        )
    await _answer(tx, judged, taken)
    return taken.code


async def _control(tx: Transaction, judged: JudgedEnvelope, item: ControlItem) -> None:
    way, evidence = judged.way, judged.opened.evidence
    if isinstance(item.control, ExtractRequest | ExtractRefusal | Extract):
        allowed = extract_reasons(judged.agreements.values(), way.sender_cell, way.recipient_cell, tx.now)
        heard = HeardExtract(way.sender_cell, evidence, len(judged.opened.claims.items) == 1, allowed)
        await apply_extract(tx, heard, item.control)
        return
    issued = datetime.fromtimestamp(judged.opened.claims.iat, UTC)
    await apply_control(tx, HeardControl(way.sender_cell, item, issued, evidence, judged.own))


async def _process(tx: Transaction, judged: JudgedEnvelope, item: ProcessItem) -> IncomingItem:
    """Take a process code: only the two organisations that share a reference can speak about its case."""
    way, content = judged.way, item.process
    known = await relations.by_reference(tx, way.recipient, way.sender, item.reference)
    if known is None:
        return IncomingItem(item.id, item.item_class, "refused", "no_such_case")
    tx.say(
        ProcessReceivedV1(
            case_id=known.case_id,
            code=content.code,
            subject_id=content.subject_id,
            sender=way.sender,
            sender_cell=way.sender_cell,
            recipient=way.recipient,
            reason=content.reason,
            at=content.at,
            **({} if content.journey is None else asdict(content.journey)),
        )
    )
    return IncomingItem(item.id, item.item_class, "accepted", case_id=known.case_id)


async def _disclosure(tx: Transaction, judged: JudgedEnvelope, item: DisclosureItem) -> IncomingItem:
    way, content, prepared = judged.way, item.disclosure, judged.prepared.get(item.id)
    refused = IncomingItem(item.id, item.item_class, "refused", RECALLED, disclosure_id=content.disclosure_id)
    if await received.lock(tx, way.sender_cell, content.disclosure_id) is not None:
        return refused
    if prepared is None:
        raise EnvelopeOvertaken
    known = KnownRelation(
        way.recipient, way.sender, item.reference, prepared.case_id, way.sender_cell, live=True
    )
    if prepared.new_case and not await relations.add(tx, known):
        raise EnvelopeOvertaken
    if await received.closing(tx, prepared.case_id):  # recalled since it was prepared, by another process
        raise EnvelopeOvertaken
    await remember_person(tx, prepared.case_id, way.recipient, prepared.person_id)
    await received.add(tx, _arrived(way, item, prepared))
    tx.say(_said(tx, way, item, prepared))
    return replace(refused, outcome="accepted", code=None, case_id=prepared.case_id)


async def _answer(tx: Transaction, judged: JudgedEnvelope, taken: IncomingItem) -> None:
    await inbox.add_item(tx, judged.raw.cell, judged.opened.claims.jti, taken)
    _receipt(tx, judged, taken)


def _receipt(tx: Transaction, judged: JudgedEnvelope, taken: IncomingItem) -> None:
    jti = judged.opened.claims.jti
    receipt = Receipt(taken.item_id, jti, taken.outcome, tx.now, taken.code)
    tx.say(outgoing(ControlDue(uuid5(taken.item_id, f"receipt|{jti}"), judged.raw.cell, receipt)))


def _disclosures(judged: JudgedEnvelope) -> list[UUID]:
    items = judged.opened.claims.items
    return [item.disclosure.disclosure_id for item in items if isinstance(item, DisclosureItem)]


def _arrived(way: Way, item: DisclosureItem, prepared: PreparedDisclosure) -> ArrivedDisclosure:
    content = item.disclosure
    return ArrivedDisclosure(
        sender_cell=way.sender_cell,
        id=content.disclosure_id,
        case_id=prepared.case_id,
        referral_id=content.referral_id,
        reference=item.reference,
        sender=way.sender,
        recipient=way.recipient,
        valid_until=content.consent.expiry,
        back_categories=content.consent.back,
    )


def _said(
    tx: Transaction, way: Way, item: DisclosureItem, prepared: PreparedDisclosure
) -> DisclosureReceivedV1:
    content = item.disclosure
    return DisclosureReceivedV1(
        case_id=prepared.case_id,
        person_id=prepared.person_id,
        first=prepared.new_case,
        disclosure_id=content.disclosure_id,
        referral_id=content.referral_id,
        sender=way.sender,
        sender_cell=way.sender_cell,
        recipient=way.recipient,
        service=content.service,
        urgency=content.urgency,
        grant=content.grant(way.recipient),
        fields=tuple(ReceivedField(field=name, value=value) for name, value in prepared.sealed.items()),
        at=tx.now,
        kind=content.kind,
    )
