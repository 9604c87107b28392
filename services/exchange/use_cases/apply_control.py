"""The effects of a partner's control items: receipts, refusals, recalls, answers, presence, and requests for missing
envelopes.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from pydantic import ValidationError

from chassis.database import Transaction
from contracts.border.items import (
    MAX_RESENT,
    MAX_SERVICES,
    Answer,
    ControlItem,
    Correction,
    ItemClass,
    Listing,
    Outcome,
    Presence,
    Recall,
    Receipt,
    Refusal,
    Resend,
    Void,
)
from contracts.codes import codes
from contracts.events.directory import OfferedService
from contracts.events.exchange import CorrectionReceivedV1, DirectoryReceivedV1, RecallReceivedV1
from contracts.organisations import authority
from services.exchange.domain.chain import runs
from services.exchange.domain.disclosure import MAX_SEALS, UNREADABLE, State, answer_item
from services.exchange.domain.facts import ControlDue, Fact, ItemDelivered, ItemRefused, ProcessDue
from services.exchange.domain.sent import (
    UNANSWERED,
    QueueState,
    SentControl,
    SentDisclosure,
    SentItem,
    SentProcess,
    SentState,
)
from services.exchange.outgoing import outgoing
from services.exchange.store import (
    disclosures,
    distrusts,
    inbox,
    outgoing_envelopes,
    partners,
    received,
    relations,
)
from services.exchange.use_cases.tell_listing import whole_listing_due

RESENT_AFTER = frozenset({"unreadable", "bad_signature", "too_large"})
"""Refusals of bytes, not of content: an item that was sealed whole is sealed again. After any other it would be
refused again.
"""

OF_A_KEY = frozenset({"unknown_key", "wrong_recipient"})
"""Refusals for the keys of an envelope. Where one of them was lost since, the item is sealed again under what the trust list has now."""

NOT_IN_FORCE = "agreement_not_in_force"
SOON = timedelta(seconds=10)
"""The wait before an item is sealed again whose agreement the partner does not have in force: two cells do not read a new
version in the same moment. Each wait is twice as long; MAX_SEALS times take about five minutes.
"""

OUTCOMES: Mapping[Outcome, SentState] = {
    "accepted": SentState.DELIVERED,
    "refused": SentState.REFUSED,
    "quarantined": SentState.QUARANTINED,
}

QUARANTINED = "quarantined"
"""The recipient could open the item and not take it in: nobody there has it, so its sender is told as of a refusal."""

REPLAYED = "replayed"
"""A refusal that says nothing about the item, which the recipient had before."""


@dataclass(frozen=True, slots=True)
class HeardControl:
    """A control item with its origin. `issued` is when the partner signed it, `evidence` the text that it signed.

    `own` are the organisations of this cell that have keys: a partner can speak about envelopes to no others.
    """

    cell: str
    item: ControlItem
    issued: datetime
    evidence: str
    own: frozenset[str]


async def apply_control(tx: Transaction, heard: HeardControl) -> None:
    """Apply a control item. A partner can speak only about items that were sent to it or came from it."""
    content = heard.item.control
    match content:
        case Receipt():
            await _receipt(tx, heard, content)
        case Refusal():
            await _refusal(tx, heard, content)
        case Recall():
            await _recall(tx, heard, content)
        case Correction():
            await _correction(tx, heard.cell, content)
        case Answer():
            await _answer(tx, heard.cell, content)
        case Presence():
            await _presence(tx, heard, content)
        case Resend():
            await _resend(tx, heard.cell, content)
        case Void():
            await _void(tx, heard, content)
        case Listing():
            _listing(tx, heard.cell, content)


def _listing(tx: Transaction, cell: str, listing: Listing) -> None:
    """Take a listing. A cell speaks of its own organisations. One that is not codes and identifiers alone is passed
    over: a newer one replaces it.
    """
    if not listing.organisation.startswith(f"{cell.lower()}-") or len(listing.services) > MAX_SERVICES:
        return
    with contextlib.suppress(ValidationError):
        tx.say(
            DirectoryReceivedV1(
                organisation=listing.organisation,
                sender_cell=cell,
                role=listing.role,
                version=listing.version,
                status=listing.status,
                org_type=listing.org_type,
                services=tuple(OfferedService(**asdict(service)) for service in listing.services),
            )
        )


async def _receipt(tx: Transaction, heard: HeardControl, receipt: Receipt) -> None:
    sent = await outgoing_envelopes.sent_item(tx, heard.cell, receipt.item_id)
    if sent is None or isinstance(sent, SentControl):
        return
    await outgoing_envelopes.add_receipt(
        tx, heard.cell, sent.item_id, receipt.outcome, receipt.code, heard.evidence
    )
    await _outcome(tx, heard.cell, sent, receipt.outcome, receipt.code)


async def _outcome(
    tx: Transaction, cell: str, sent: SentProcess | SentDisclosure, outcome: Outcome, code: str | None
) -> None:
    if outcome == "refused" and code == NOT_IN_FORCE:
        times = await outgoing_envelopes.times_sealed(tx, sent.item_id)
        if times < MAX_SEALS:
            await _again(tx, cell, sent, None, due=tx.now + SOON * 2 ** (times - 1))
            return
    state = OUTCOMES[outcome]
    await outgoing_envelopes.move_items(tx, [sent.item_id], state, code)
    code = code or (QUARANTINED if outcome == "quarantined" else None)
    if isinstance(sent, SentDisclosure):
        disclosure = await disclosures.lock(tx, sent.disclosure_id)
        accepted = outcome == "accepted"
        facts = disclosure.deliver(tx.now) if accepted else disclosure.refuse(code or "invalid_value", tx.now)
        tx.say(*map(outgoing, facts))
        await disclosures.save(tx, [disclosure])
        return
    await _process_outcome(tx, cell, sent, outcome, code)


async def _process_outcome(
    tx: Transaction, cell: str, sent: SentProcess, outcome: Outcome, code: str | None
) -> None:
    queued = await relations.queued(tx, sent.item_id)
    if queued is None or queued.state not in UNANSWERED:
        return
    to = QueueState.DELIVERED if outcome == "accepted" else QueueState.REFUSED
    await relations.move_queued(tx, sent.item_id, to)
    about = (sent.case_id, sent.item_id, ItemClass.PROCESS, None, sent.referral_id, cell, tx.now)
    fact: Fact = (
        ItemDelivered(*about) if outcome == "accepted" else ItemRefused(*about, code or "invalid_value")
    )
    tx.say(outgoing(fact))


async def _refusal(tx: Transaction, heard: HeardControl, refusal: Refusal) -> None:
    """Take a refusal. The hash finds the envelope only if it arrived as it left; one that was changed on the way is
    missed by its number.
    """
    again = refusal.code in RESENT_AFTER or (
        refusal.code in OF_A_KEY and await distrusts.used_a_lost_key(tx, heard.cell, refusal.sha256)
    )
    for sent in await outgoing_envelopes.items_of(tx, heard.cell, sha256=refusal.sha256):
        await outgoing_envelopes.add_receipt(
            tx, heard.cell, sent.item_id, "refused", refusal.code, heard.evidence
        )
        if again:
            await _again(tx, heard.cell, sent, None)
        elif refusal.code != REPLAYED and not isinstance(sent, SentControl):
            await _outcome(tx, heard.cell, sent, "refused", refusal.code)


async def _recall(tx: Transaction, heard: HeardControl, recall: Recall) -> None:
    """Take a recall. A disclosure that is open here is closed and answered by the service that holds the fields; for
    an unknown one a tombstone stands, answered at once. A reason that is not known here is not told on.
    """
    await inbox.forget(tx, heard.cell, recall.disclosure_id)
    held = await received.lock(tx, heard.cell, recall.disclosure_id)
    if held is None and not await received.add_tombstone(
        tx, heard.cell, recall.disclosure_id, recall.referral_id
    ):
        held = await received.lock(tx, heard.cell, recall.disclosure_id)
    if held is None or held.case_id is None:
        answer = Answer(recall.disclosure_id, "never_received")
        item_id = answer_item(recall.disclosure_id, answer.answer)
        tx.say(outgoing(ControlDue(item_id, heard.cell, answer, heard.item.reference)))
        return
    if held.recall():
        await received.move(tx, held)
        tx.say(
            RecallReceivedV1(
                case_id=held.case_id,
                disclosure_id=held.id,
                referral_id=held.referral_id or recall.referral_id,
                sender_cell=heard.cell,
                reason=recall.reason if recall.reason in codes("recall_reason") else None,
                at=tx.now,
            )
        )


async def _correction(tx: Transaction, cell: str, correction: Correction) -> None:
    """Take a correction of a disclosure that was opened here and came from there; of any other nothing is known here
    that could be wrong.
    """
    held = await received.lock(tx, cell, correction.disclosure_id)
    if held is not None and held.case_id is not None and held.referral_id is not None:
        tx.say(
            CorrectionReceivedV1(
                case_id=held.case_id,
                disclosure_id=held.id,
                referral_id=held.referral_id,
                sender_cell=cell,
                fields=correction.fields,
                at=tx.now,
            )
        )


async def _answer(tx: Transaction, cell: str, answer: Answer) -> None:
    disclosure = await disclosures.lock(tx, answer.disclosure_id)
    if disclosure.authorised is None or disclosure.terms.recipient_cell != cell:
        return
    tx.say(*map(outgoing, disclosure.answered(answer, tx.now)))
    await disclosures.save(tx, [disclosure])


async def _presence(tx: Transaction, heard: HeardControl, presence: Presence) -> None:
    """Take a presence. The envelopes that the partner counted the last time should be here by now; missing ones are
    asked for by their number.
    """
    if await partners.hear(tx, heard.cell, heard.issued.astimezone(UTC), presence.read):
        tx.say(whole_listing_due(tx, heard.cell))
    for recipient in sorted(heard.own & presence.heads.keys()):
        head = presence.heads[recipient]
        chain = await inbox.lock_chain(tx, heard.cell, recipient)
        chain.hear(head)
        await inbox.save_chain(tx, chain)
        ask(tx, heard.cell, recipient, chain.asked)


def ask(tx: Transaction, cell: str, recipient: str, missing: list[int]) -> None:
    """Ask for missing envelopes: one request for each run of numbers, whoever noticed it first."""
    for first, last in runs(missing, MAX_RESENT):
        item_id = uuid5(_namespace(cell, recipient), f"resend|{first}|{last}")
        tx.say(outgoing(ControlDue(item_id, cell, Resend(recipient=recipient, seq=first, until=last))))


async def _resend(tx: Transaction, cell: str, wanted: Resend) -> None:
    """Seal again after a fresh check, each item by itself. Where nothing is left to send, the number is closed."""
    if wanted.recipient is None:
        for sent in await outgoing_envelopes.items_of(tx, cell, sha256=wanted.sha256):
            await _again(tx, cell, sent, None)
        return
    given_out = (await outgoing_envelopes.heads(tx, [cell]))[cell].get(wanted.recipient, 0)
    for seq in wanted.numbers:
        items = await outgoing_envelopes.items_of(tx, cell, recipient=wanted.recipient, seq=seq)
        again = [await _again(tx, cell, sent, seq) for sent in items]
        item_id = uuid5(_namespace(cell, wanted.recipient), f"void|{seq}")
        if seq <= given_out and not any(again) and not await _spent(tx, item_id):
            tx.say(outgoing(ControlDue(item_id, cell, Void(wanted.recipient, seq))))


async def _again(
    tx: Transaction, cell: str, sent: SentItem, seq: int | None, due: datetime | None = None
) -> bool:
    """True where the item will come in another envelope. No item is sealed more often than MAX_SEALS."""
    match sent:
        case SentControl():
            if await _spent(tx, sent.item_id):
                return False
            tx.say(outgoing(ControlDue(sent.item_id, cell, sent.content, sent.reference, seq or 1, seq)))
            return True
        case SentProcess():
            return await _process_again(tx, cell, sent, seq, due)
        case SentDisclosure():
            return await _disclosure_again(tx, sent, seq, due)


async def _process_again(
    tx: Transaction, cell: str, sent: SentProcess, seq: int | None, due: datetime | None
) -> bool:
    queued = await relations.queued(tx, sent.item_id)
    if queued is None or queued.state is not QueueState.SEALED:
        return False
    if await _spent(tx, sent.item_id):
        await _outcome(tx, cell, sent, "refused", UNREADABLE)
        return False
    await relations.move_queued(tx, sent.item_id, QueueState.WAITING)
    await outgoing_envelopes.move_items(tx, [sent.item_id], SentState.RESEALED)
    tx.say(outgoing(ProcessDue(sent.item_id, cell, queued.seals, seq, due)))
    return True


async def _disclosure_again(
    tx: Transaction, sent: SentDisclosure, seq: int | None, due: datetime | None
) -> bool:
    disclosure = await disclosures.lock(tx, sent.disclosure_id)
    facts = disclosure.seal_again(tx.now, seq, due)
    comes = disclosure.state is State.DUE and bool(facts)
    await outgoing_envelopes.move_items(tx, [sent.item_id], SentState.RESEALED if comes else SentState.VOID)
    tx.say(*map(outgoing, facts))
    await disclosures.save(tx, [disclosure])
    return comes


async def _spent(tx: Transaction, item_id: UUID) -> bool:
    return await outgoing_envelopes.times_sealed(tx, item_id) >= MAX_SEALS


async def _void(tx: Transaction, heard: HeardControl, void: Void) -> None:
    if void.recipient not in heard.own:
        return
    chain = await inbox.lock_chain(tx, heard.cell, void.recipient)
    chain.close(void.seq)
    await inbox.save_chain(tx, chain)


def _namespace(cell: str, recipient: str) -> UUID:
    return uuid5(UUID(int=0), f"{authority(cell)}|{recipient}")
