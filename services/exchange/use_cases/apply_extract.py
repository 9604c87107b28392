"""The effects of a partner's control items about extracts: a request that the agreement allows, a refusal, a part of an answer."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError

from chassis.database import Transaction
from contracts.border.extract import MAX_ABOUT, Extract, ExtractRefusal, ExtractRequest, is_numbered
from contracts.codes import codes
from contracts.events.extracts import (
    ExtractAskedV1,
    ExtractDeclinedV1,
    ExtractReceivedV1,
    ExtractRetractedV1,
)
from services.exchange.domain.extracts import (
    NOT_IN_AGREEMENT,
    NOT_SOUND,
    is_answered,
    is_sound,
    refusal_due,
    told,
)
from services.exchange.domain.sent import SentControl
from services.exchange.outgoing import outgoing
from services.exchange.store import extracts, outgoing_envelopes


@dataclass(frozen=True, slots=True)
class HeardExtract:
    """From which cell it came, the text that was signed, whether nothing else stands in it, and the reasons that the agreements
    with that cell allow.
    """

    cell: str
    evidence: str
    alone: bool
    allowed: frozenset[str]


async def apply_extract(
    tx: Transaction, heard: HeardExtract, content: ExtractRequest | ExtractRefusal | Extract
) -> None:
    match content:
        case ExtractRequest(withdrawn=True):
            _retracted(tx, heard, content)
        case ExtractRequest():
            _asked(tx, heard, content)
        case ExtractRefusal():
            if await _own(tx, heard.cell, content.request_id) is not None:
                code = content.code if content.code in codes("extract_refusal") else None
                _declined(tx, heard.cell, content.request_id, code)
        case Extract():
            await _part(tx, heard, content)


def _asked(tx: Transaction, heard: HeardExtract, request: ExtractRequest) -> None:
    """A person answers what may be asked. What may not is answered at once, without a look at what is here."""
    if request.reason not in heard.allowed or not 1 <= len(request.about) <= MAX_ABOUT:
        tx.say(outgoing(refusal_due(request.request_id, heard.cell, NOT_IN_AGREEMENT)))
        return
    tx.say(
        ExtractAskedV1(
            request_id=request.request_id,
            sender_cell=heard.cell,
            about=request.about,
            reason=request.reason,
            at=tx.now,
        )
    )


def _retracted(tx: Transaction, heard: HeardExtract, request: ExtractRequest) -> None:
    """Take back what was asked, whatever the agreement allows by now. Of what could not have been asked nothing is told."""
    if request.reason not in codes("extract_reason") or not 1 <= len(request.about) <= MAX_ABOUT:
        return
    tx.say(
        ExtractRetractedV1(
            request_id=request.request_id,
            sender_cell=heard.cell,
            about=request.about,
            reason=request.reason,
            at=tx.now,
        )
    )


async def _part(tx: Transaction, heard: HeardExtract, extract: Extract) -> None:
    """Keep the signed text of a part once, whether its proofs hold or not: its sender cannot deny it. Nothing is kept of what is
    no part, and nothing once all parts are here or one of them did not hold.
    """
    asked = await _own(tx, heard.cell, extract.request_id)
    kept = await extracts.kept(tx, heard.cell, extract.request_id)
    if asked is None or is_answered(kept, asked):
        return
    if not heard.alone or not is_numbered(extract):
        _declined(tx, heard.cell, extract.request_id, NOT_SOUND)
        return
    if not await extracts.add(tx, heard.cell, extract, heard.evidence):
        return
    if not is_sound([*kept, extract], asked):
        _declined(tx, heard.cell, extract.request_id, NOT_SOUND)
        return
    try:
        said = ExtractReceivedV1(sender_cell=heard.cell, at=tx.now, **told(extract))
    except ValidationError:
        _declined(tx, heard.cell, extract.request_id, NOT_SOUND)
        return
    tx.say(said)


async def _own(tx: Transaction, cell: str, request_id: UUID) -> ExtractRequest | None:
    """The request of ours that this cell was sent: nobody is heard about any other."""
    sent = await outgoing_envelopes.sent_item(tx, cell, request_id)
    content = sent.content if isinstance(sent, SentControl) else None
    return content if isinstance(content, ExtractRequest) else None


def _declined(tx: Transaction, cell: str, request_id: UUID, code: str | None) -> None:
    tx.say(ExtractDeclinedV1(request_id=request_id, sender_cell=cell, reason=code, at=tx.now))
