"""Seal a disclosure: read the authorised fields, take the token, and commit the envelope under the disclosure's lock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis import directory
from chassis.database import Transaction
from chassis.peers import PeerAway, PeerDeclined
from chassis.service import Service
from chassis.work import WorkItem, WorkPostponed
from contracts.border.check import Way, check_item
from contracts.border.items import (
    ConsentReference,
    DisclosureContent,
    DisclosureItem,
    Proof,
)
from contracts.border.wire import TooLargeToSeal
from contracts.casefile.fields import FieldValue, by_owner
from contracts.disclosure import categories_of
from contracts.internal import (
    DISCLOSABLE,
    SEAL_TOKEN,
    Answer,
    Call,
    DisclosableQuestion,
    Question,
    SealTokenQuestion,
)
from services.exchange.border_state import require_open
from services.exchange.domain.disclosure import AuthorisedDisclosure, Disclosure, State, disclosure_item
from services.exchange.domain.process import Pair
from services.exchange.domain.sent import SentDisclosure
from services.exchange.outgoing import outgoing
from services.exchange.seal_token import SealTokenChecker, Verdict
from services.exchange.sealing import Address, NoKey, Sealer, TrustAwaited
from services.exchange.settings import Settings
from services.exchange.store import disclosures, relations

NOT_SEALED, RECIPIENT_CLOSED = "not_sealed", "recipient_closed"
SHUT = frozenset({"inactive", "defunct"})
"""How an organisation stands that is given nothing more, whatever was authorised for it before. One of another cell that is
suspended is `inactive` here. One that is closed for a time still reads the cases that it has.
"""


@dataclass(frozen=True, slots=True)
class SealRefusal:
    """The disclosure will not be sealed; `code` is of the list `border_refusal`."""

    code: str


@dataclass(frozen=True, slots=True)
class SealRequest:
    """A disclosure ready to be sealed, if it is still wanted then."""

    item: DisclosureItem
    token: str


class SealDisclosure:
    def __init__(
        self, service: Service, settings: Settings, sealer: Sealer, tokens: SealTokenChecker
    ) -> None:
        self._service, self._settings, self._sealer, self._tokens = service, settings, sealer, tokens

    async def act(self, work: WorkItem) -> SealRequest | SealRefusal | None:
        """Ask for the values and the token, both outside any transaction, and the token last: it lives ten seconds."""
        disclosure_id = UUID(work.payload["disclosure_id"])
        async with self._service.database.transaction(self._service.database.system()) as tx:
            disclosure = await disclosures.read(tx, disclosure_id)
            if disclosure is None or disclosure.state is not State.DUE:
                return None
            terms, now = disclosure.terms, tx.now
            if await _closed(tx, terms):
                return SealRefusal(RECIPIENT_CLOSED)
            await require_open(tx, self._settings, terms.recipient_cell)
            await self._require_trust(tx, terms)
            relation = await relations.by_case(tx, Pair(terms.case_id, terms.sender, terms.recipient))
        if relation is None:
            return SealRefusal("no_such_case")
        if self._superseded(terms):
            raise WorkPostponed(self._settings.wait_seconds)
        values = await self._values(disclosure_id, terms)
        if isinstance(values, SealRefusal):
            return values
        item = self._item(disclosure, relation.reference, values, work.traceparent)
        code = self._check(item, terms, now)
        if code is not None:
            return SealRefusal(code)
        token = await self._token(disclosure_id, terms)
        return token if isinstance(token, SealRefusal) else SealRequest(item, token)

    async def finish(self, tx: Transaction, work: WorkItem, result: SealRequest | SealRefusal | None) -> None:
        """Seal, unless the row changed meanwhile: a recalled disclosure is never sealed."""
        if result is None:
            return
        disclosure = await disclosures.lock(tx, UUID(work.payload["disclosure_id"]))
        if disclosure.state is not State.DUE:
            return
        terms = disclosure.terms
        if isinstance(result, SealRequest) and await _closed(tx, terms):
            result = SealRefusal(RECIPIENT_CLOSED)
        if isinstance(result, SealRequest):
            await require_open(tx, self._settings, terms.recipient_cell)
            result = await self._send(tx, disclosure, result, work.payload.get("replaces")) or result
        if isinstance(result, SealRefusal):
            tx.say(*map(outgoing, disclosure.refuse(result.code, tx.now)))
        await disclosures.save(tx, [disclosure])

    async def given_up(self, tx: Transaction, work: WorkItem) -> None:
        """Give up a disclosure that failed too often for no known reason. Nobody waits for it in silence."""
        disclosure = await disclosures.lock(tx, UUID(work.payload["disclosure_id"]))
        if disclosure.state is State.DUE:
            tx.say(*map(outgoing, disclosure.refuse(NOT_SEALED, tx.now)))
            await disclosures.save(tx, [disclosure])

    async def _send(
        self, tx: Transaction, disclosure: Disclosure, prepared: SealRequest, replaces: int | None
    ) -> SealRefusal | None:
        """Seal and send. The token is looked at once more when every lock is held: from there to the commit nothing
        waits.
        """
        terms = disclosure.terms
        address = Address(terms.sender, terms.recipient, terms.recipient_cell)
        if await self._verdict(tx, disclosure, prepared) is Verdict.REFUSED:
            return SealRefusal("token_refused")
        try:
            envelope = await self._sealer.send(tx, address, [(prepared.item, _sent(disclosure))], replaces)
        except TrustAwaited as error:
            raise WorkPostponed(self._settings.wait_seconds) from error
        except NoKey as error:
            return SealRefusal(error.code)
        except TooLargeToSeal:
            return SealRefusal("too_large")
        await relations.now_live(tx, Pair(terms.case_id, terms.sender, terms.recipient))
        tx.say(*map(outgoing, disclosure.seal(envelope.id, envelope.seq, tx.now)))
        if await self._verdict(tx, disclosure, prepared) is not Verdict.HOLDS:
            raise WorkPostponed(0)
        return None

    async def _require_trust(self, tx: Transaction, terms: AuthorisedDisclosure) -> None:
        """Before anything of hers is read. Raises WorkPostponed."""
        address = Address(terms.sender, terms.recipient, terms.recipient_cell)
        try:
            await self._sealer.require_trust(tx, address, terms.agreement)
        except TrustAwaited as error:
            raise WorkPostponed(self._settings.wait_seconds) from error

    async def _verdict(self, tx: Transaction, disclosure: Disclosure, prepared: SealRequest) -> Verdict:
        now = await tx.clock()
        return await self._tokens.check(prepared.token, disclosure.id, disclosure.terms, now)

    async def _values(
        self, disclosure_id: UUID, terms: AuthorisedDisclosure
    ) -> dict[str, FieldValue] | SealRefusal:
        """The values of the authorised fields and no more, each from its owner; a field for which its owner has no
        value is missing.
        """
        values: dict[str, FieldValue] = {}
        for owner, names in by_owner(terms.fields).items():
            question = DisclosableQuestion(disclosure_id=disclosure_id, fields=names)
            found = await self._ask(replace(DISCLOSABLE, peer=owner), terms.case_id, question)
            if found is None:
                return SealRefusal("no_such_case")
            values |= {name: value for name, value in found.items() if name in names}
        return values

    async def _token(self, disclosure_id: UUID, terms: AuthorisedDisclosure) -> str | SealRefusal:
        question = SealTokenQuestion(
            recipient=terms.recipient, revision=terms.revision, fields_hash=terms.fields_hash
        )
        found = await self._ask(SEAL_TOKEN, disclosure_id, question)
        return SealRefusal("token_refused") if found is None else found.token

    async def _ask(self, call: Call[Answer], about: UUID, question: Question) -> Answer | None:
        """The peer's answer; None when it declines. Raises WorkPostponed when it is away: sealing waits for both
        services.
        """
        try:
            return await self._service.peers.ask(call, about, question)
        except PeerDeclined:
            return None
        except PeerAway as error:
            raise WorkPostponed(self._settings.wait_seconds) from error

    def _item(
        self,
        disclosure: Disclosure,
        reference: UUID,
        values: Mapping[str, FieldValue],
        traceparent: str | None,
    ) -> DisclosureItem:
        terms = disclosure.terms
        agreement = self._sealer.trust.agreement(terms.agreement.id)
        content = DisclosureContent(
            disclosure_id=disclosure.id,
            referral_id=terms.referral_id,
            service=terms.service,
            urgency=terms.urgency,
            agreement=terms.agreement,
            consent=_consent(terms),
            legal_basis="" if agreement is None else agreement.legal_basis,
            fields=terms.fields,
            data=values,
            proof=_proof(disclosure),
            kind=terms.kind,
            basis=terms.basis,
            law=terms.law,
        )
        return DisclosureItem(disclosure_item(disclosure.id), reference, content, traceparent=traceparent)

    def _superseded(self, terms: AuthorisedDisclosure) -> bool:
        """True where the agreement has a newer version, which no envelope under this one gets past. Consent takes
        this disclosure back for it.
        """
        agreement = self._sealer.trust.agreement(terms.agreement.id)
        return agreement is not None and agreement.terms.version > terms.agreement.version

    def _check(self, item: DisclosureItem, terms: AuthorisedDisclosure, now: datetime) -> str | None:
        way = Way(terms.sender, self._settings.cell, terms.recipient, terms.recipient_cell)
        return check_item(item, self._sealer.trust.agreement(terms.agreement.id), way, now)


async def _closed(tx: Transaction, terms: AuthorisedDisclosure) -> bool:
    """True where the recipient was suspended or closed since the disclosure was authorised."""
    listed = await directory.find(tx, terms.recipient)
    return listed is not None and (listed.suspended or listed.status in SHUT)


def _consent(terms: AuthorisedDisclosure) -> ConsentReference:
    return ConsentReference(
        receipt=terms.consent_id,
        revision=terms.revision,
        sha256=terms.revision_hash,
        purpose=terms.purpose,
        categories=categories_of(terms.fields),
        expiry=terms.valid_until,
        back=terms.back_categories,
    )


def _proof(disclosure: Disclosure) -> Proof | None:
    if disclosure.entry is None or disclosure.chain_head is None:
        return None
    return Proof(disclosure.entry, disclosure.chain_head)


def _sent(disclosure: Disclosure) -> SentDisclosure:
    terms = disclosure.terms
    return SentDisclosure(disclosure_item(disclosure.id), terms.case_id, disclosure.id, terms.referral_id)
