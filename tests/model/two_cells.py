"""Consent, exchange, referral and intake of two cells: their own domains and handlers, with a bus and a border that a test runs.

Nothing of the rules is written again here: events are made by each service's `outgoing`, handled by its handlers, and go to
whom the catalogue names. The bus delays, and lets protective events overtake; the border delays, repeats and reorders.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from chassis.outbox import DueWork
from contracts.border.items import Answer, Recall, Receipt
from contracts.catalogue import entry_for
from contracts.country.response_clock import Calendar, ResponseClock, Span
from contracts.crossing import BY_EVENT
from contracts.envelope import Event
from contracts.events.audit import DisclosureLoggedV1
from contracts.events.consent import DisclosureAuthorisedV1
from contracts.events.exchange import DisclosureReceivedV1, ProcessReceivedV1, RecallReceivedV1
from contracts.grant import Grant
from services.consent import handlers as consenting
from services.consent import outgoing as consent_out
from services.consent.domain.authorisation import DirectoryEntry, Ground, TokenRequest, token_refusal
from services.consent.domain.case import CaseConsents
from services.consent.domain.grant import CaseGrants
from services.exchange import handlers as bordering
from services.exchange.domain.disclosure import Disclosure, State
from services.exchange.domain.facts import ControlDue, SealDue
from services.exchange.domain.process import pair_of
from services.exchange.domain.received import ReceivedDisclosure, ReceivedState
from services.exchange.outgoing import outgoing as border_out
from services.exchange.store.received import Grants
from services.intake.casefile import handlers as keeping
from services.intake.casefile.domain.facts import DisclosureClosed, KeyUnneeded
from services.intake.casefile.domain.received import READABLE, ReceivedFile
from services.intake.casefile.outgoing import outgoing as intake_out
from services.referral import handlers as referring
from services.referral.domain.case import CaseReferrals
from services.referral.outgoing import outgoing as referral_out
from tests.consent.making import AGENCY, NOW, PURPOSE, SENDER, agreement

CLINIC, OTHER_PURPOSE = "kh-health-agency", "medical-care"
FIELDS = ("cor_FullName", "cor_Needs", "prs_MobilePhone")
RETENTION_DAYS = 30
CLOCK = ResponseClock(
    Calendar(UTC, frozenset(), frozenset()), {"routine": (Span(working_days=2), Span(working_days=5))}
)


@dataclass
class Recipient:
    """One organisation in KH, with what the services there keep of the case under its own reference."""

    name: str
    case_id: UUID
    consent: CaseConsents = field(init=False)
    grants: CaseGrants = field(init=False)
    referral: CaseReferrals = field(init=False)
    intake: ReceivedFile = field(init=False)
    received: dict[UUID, ReceivedDisclosure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.consent = CaseConsents(self.case_id, Ground("KH", (), {}))
        self.grants = CaseGrants(self.case_id)
        self.referral = CaseReferrals(self.case_id)
        self.intake = ReceivedFile(self.case_id)

    def reads(self, now: datetime) -> frozenset[str]:
        """What a worker there is shown: kept by intake, and still granted as consent there knows it."""
        granted = [
            grant
            for kept in self.intake.disclosures.values()
            if kept.state in READABLE and (grant := self.grants.grants.get(kept.id)) is not None
        ]
        return frozenset(
            name for g in granted if g.granted(now) and g.terms is not None for name in g.terms.fields
        )


class TwoCells:
    def __init__(self) -> None:
        self.now, self._ids = NOW, count(1)
        self.case_id = self.new_id()
        terms = agreement(
            purposes=(PURPOSE, OTHER_PURPOSE),
            fields=FIELDS,
            valid_until=NOW + timedelta(days=3_000),
            retention_days=RETENTION_DAYS,
        )
        listed = {AGENCY: DirectoryEntry("KH", "reintegration"), CLINIC: DirectoryEntry("KH", "health")}
        self.consent = CaseConsents(self.case_id, Ground("TH", (terms,), listed))
        self.grants = CaseGrants(self.case_id)
        self.referral = CaseReferrals(self.case_id)
        self.disclosures: dict[UUID, Disclosure] = {}
        self.recipients = {name: Recipient(name, self.new_id()) for name in (AGENCY, CLINIC)}
        self._of_case = {r.case_id: r for r in self.recipients.values()}
        self.queues: dict[tuple[str, UUID, str], list[Event]] = defaultdict(list)
        """(publisher, case, consumer) → events in their order."""
        self.border: list[tuple[str, str, Any]] = []
        """(to cell, recipient, item)."""
        self.seals: list[UUID] = []
        self.tokens: set[UUID] = set()
        """Leave was given; the envelope is not committed."""
        self.due: list[tuple[str, DueWork]] = []
        self.heard: Callable[[Any], None] = lambda _: None
        """Told of each event that consent in TH is about to handle."""

    def new_id(self) -> UUID:
        """The same in each run, so that a failure can be played again."""
        return UUID(int=next(self._ids))

    # --- saying

    def say(self, service: str, facts: Iterable[Any], outgoing: Callable[[Any], Any]) -> None:
        for fact in facts:
            if isinstance(fact, SealDue):
                self.seals.append(fact.disclosure_id)
            elif isinstance(fact, ControlDue):
                self.border.append((fact.cell, "", fact.content))
            elif not isinstance(fact, KeyUnneeded | DisclosureClosed) and service == "intake":
                continue  # openings and ages concern nobody here
            else:
                self._said(service, outgoing(fact))

    def _said(self, service: str, said: Event | DueWork | None) -> None:
        if isinstance(said, DueWork):
            self.due.append((service, said))
        elif said is not None:
            case_id: UUID = said.case_id  # type: ignore[attr-defined]
            for consumer in entry_for(type(said), service).consumers:
                if consumer in HANDLING:
                    self.queues[service, case_id, consumer].append(said)
            if isinstance(said, DisclosureAuthorisedV1):
                logged = DisclosureLoggedV1(
                    case_id=case_id, disclosure_id=said.disclosure_id, entry=1, chain_head="b" * 64
                )
                self.queues["audit", case_id, "exchange"].append(logged)

    # --- the bus

    def deliver(self, key: tuple[str, UUID, str], *, overtaking: bool = False) -> None:
        """The next event of a stream; where the stream is parked, the next protective one runs ahead of the others."""
        queue = self.queues[key]
        place = 0
        if overtaking:
            protective = [n for n, e in enumerate(queue) if entry_for(type(e), key[0]).protective]
            place = protective[0] if protective else 0
        event = queue.pop(place)
        if not queue:
            del self.queues[key]
        HANDLING[key[2]](self, event)

    def handle_consent(self, event: Any) -> None:
        recipient = self._of_case.get(event.case_id)
        case = self.consent if recipient is None else recipient.consent
        grants = self.grants if recipient is None else recipient.grants
        if recipient is None:
            self.heard(event)
        for handlers, subject in ((consenting._OF_A_CASE, case), (consenting._OF_GRANTS, grants)):
            if (handler := handlers.get(type(event))) is not None:
                self.say("consent", handler(subject, event, self.now), consent_out.outgoing)

    def handle_referral(self, event: Any) -> None:
        cell = "TH" if event.case_id == self.case_id else "KH"
        case = self.referral if cell == "TH" else self._of_case[event.case_id].referral
        handler = referring._referrals(CLOCK, cell).handlers.get(type(event))
        if handler is not None:
            self.say("referral", handler(case, event, self.now), referral_out)

    def handle_intake(self, event: Any) -> None:
        if event.case_id == self.case_id:
            return  # her own case: nothing was received about it
        file = self._of_case[event.case_id].intake
        handler = keeping._received().handlers.get(type(event))
        if handler is not None and keeping._about(event) is not None:
            self.say("intake", handler(file, event, self.now), intake_out)

    def handle_exchange(self, event: Any) -> None:
        if type(event) in BY_EVENT:
            self._tell(event)
        elif event.type == "disclosure.closed.v1":
            held = self._of_case[event.case_id].received.get(event.disclosure_id)
            grants = Grants((event.case_id, event.disclosure_id), held)
            self.say("exchange", bordering.on_disclosure_closed(grants, event, self.now), border_out)
        elif event.case_id == self.case_id and event.type in _OF_DISCLOSURES:
            disclosure = self.disclosures.setdefault(event.disclosure_id, Disclosure(event.disclosure_id))
            self.say("exchange", _OF_DISCLOSURES[event.type](disclosure, event, self.now), border_out)

    def _tell(self, event: Any) -> None:
        crossing, name = BY_EVENT[type(event)], event.recipient
        if pair_of(event) is None:
            return
        crossed = any(d.seals and d.terms.recipient == name for d in self.disclosures.values())
        if event.half == "incoming" or crossed:
            there = "TH" if event.half == "incoming" else "KH"
            reason = getattr(event, "reason", None)
            self.border.append((there, name, (crossing.code, event.referral_id, reason)))

    # --- the border

    def take_token(self, disclosure_id: UUID) -> None:
        """Everything that is done before the transaction of the seal."""
        disclosure = self.disclosures[disclosure_id]
        if disclosure.state is not State.DUE:
            self.seals.remove(disclosure_id)
            return
        found = self.consent.disclosures[disclosure_id]
        record = self.consent.records[found.authorised_by.consent_id]
        terms = disclosure.terms
        wanted = TokenRequest(terms.recipient, terms.revision, terms.fields_hash)
        if token_refusal(found, record, self.consent.ground, wanted, self.now) is None:
            self.tokens.add(disclosure_id)
        else:
            self.seals.remove(disclosure_id)
            self.say("exchange", disclosure.refuse("token_refused", self.now), border_out)

    def commit_seal(self, disclosure_id: UUID) -> None:
        """However long after the token: a slow disk."""
        self.tokens.discard(disclosure_id)
        self.seals.remove(disclosure_id)
        disclosure = self.disclosures[disclosure_id]
        if disclosure.state is State.DUE:
            self.say("exchange", disclosure.seal(self.new_id(), 1, self.now), border_out)
            self.border.append(("KH", disclosure.terms.recipient, (disclosure_id, disclosure.terms)))

    def crash(self) -> None:
        """Exchange stops between token and commit: the work is still due, what it held is gone."""
        self.tokens.clear()

    def fence(self, disclosure_id: UUID, *, answered: bool = True) -> None:
        """Consent asks; the answer may be lost on its way back."""
        found = self.consent.disclosures[disclosure_id]
        held = self.disclosures.setdefault(disclosure_id, Disclosure(disclosure_id))
        reason = found.recalled_for or ""
        facts = held.recall(self.case_id, found.request.referral_id, reason, self.now)
        self.say("exchange", facts, border_out)
        if answered:
            found.fence()

    def cross(self, place: int) -> None:
        """One item arrives. Control in any order; what else there is keeps its order for each recipient."""
        to, recipient, item = self.border[place]
        first = next(n for n, (t, r, _) in enumerate(self.border) if (t, r) == (to, recipient))
        if not isinstance(item, Recall | Answer | Receipt):
            place = first
            while isinstance(self.border[place][2], Recall | Answer | Receipt):
                place += 1
        to, recipient, item = self.border.pop(place)
        match item:
            case Recall():
                self._recall(item)
            case Answer():
                out = self.disclosures[item.disclosure_id].answered(item, self.now)
                self.say("exchange", out, border_out)
            case Receipt():
                self._receipt(item)
            case (str(), _, _):
                self._process(to, recipient, item)
            case (disclosure_id, terms):
                self._disclosure(disclosure_id, terms)

    def _process(self, to: str, name: str, item: tuple[str, UUID, str | None]) -> None:
        recipient = self.recipients[name]
        code, referral_id, reason = item
        there, back = (SENDER, "TH"), (name, "KH")
        (sender, cell), (to_whom, _) = (there, back) if to == "KH" else (back, there)
        case_id = recipient.case_id if to == "KH" else self.case_id
        told = ProcessReceivedV1(
            case_id=case_id,
            code=code,
            subject_id=referral_id,
            sender=sender,
            sender_cell=cell,
            recipient=to_whom,
            reason=reason,
            at=self.now,
        )
        self._said("exchange", told)

    def _disclosure(self, disclosure_id: UUID, terms: Any) -> None:
        recipient = self.recipients[terms.recipient]
        held = recipient.received.get(disclosure_id)
        if held is not None:
            outcome = "refused" if held.state is ReceivedState.TOMBSTONE else "accepted"
            return self._answer_receipt(disclosure_id, outcome)
        if any(h.state is ReceivedState.RECALLED for h in recipient.received.values()):
            self.border.append(("KH", terms.recipient, (disclosure_id, terms)))
            return None
        recipient.received[disclosure_id] = ReceivedDisclosure(
            disclosure_id, "TH", ReceivedState.OPEN, recipient.case_id, terms.referral_id
        )
        self._said("exchange", _received(recipient, disclosure_id, terms, self.now))
        return self._answer_receipt(disclosure_id, "accepted")

    def _answer_receipt(self, disclosure_id: UUID, outcome: Any) -> None:
        code = "recalled" if outcome == "refused" else None
        self.border.append(("TH", "", Receipt(disclosure_id, self.new_id(), outcome, self.now, code)))

    def _receipt(self, receipt: Receipt) -> None:
        disclosure = self.disclosures[receipt.item_id]
        accepted = receipt.outcome == "accepted"
        facts = disclosure.deliver(self.now) if accepted else disclosure.refuse("recalled", self.now)
        self.say("exchange", facts, border_out)

    def _recall(self, recall: Recall) -> None:
        recipient = self.recipients[self.disclosures[recall.disclosure_id].terms.recipient]
        held = recipient.received.get(recall.disclosure_id)
        if held is None:
            held = ReceivedDisclosure(recall.disclosure_id, "TH", ReceivedState.TOMBSTONE)
            recipient.received[recall.disclosure_id] = held
        if held.case_id is None:
            self.border.append(("TH", "", Answer(recall.disclosure_id, "never_received")))
        elif held.recall():
            told = RecallReceivedV1(
                case_id=recipient.case_id,
                disclosure_id=recall.disclosure_id,
                referral_id=recall.referral_id,
                sender_cell="TH",
                reason=recall.reason,
                at=self.now,
            )
            self._said("exchange", told)


def _received(recipient: Recipient, disclosure_id: UUID, terms: Any, now: datetime) -> DisclosureReceivedV1:
    grant = Grant(
        disclosure_id=disclosure_id,
        consent_revision=terms.revision,
        consent_sha256=terms.revision_hash,
        agreement_id=terms.agreement.id,
        agreement_version=terms.agreement.version,
        purpose=terms.purpose,
        recipient=terms.recipient,
        fields=terms.fields,
        back_categories=terms.back_categories,
        valid_until=terms.valid_until,
    )
    return DisclosureReceivedV1(
        case_id=recipient.case_id,
        person_id=recipient.case_id,
        first=False,
        disclosure_id=disclosure_id,
        referral_id=terms.referral_id,
        sender=terms.sender,
        sender_cell="TH",
        recipient=terms.recipient,
        service=terms.service,
        urgency=terms.urgency,
        grant=grant,
        fields=(),
        at=now,
    )


_OF_DISCLOSURES: dict[str, Callable[..., Any]] = {
    "disclosure.authorised.v1": bordering.on_disclosure_authorised,
    "disclosure.logged.v1": bordering.on_disclosure_logged,
    "disclosure.recalled.v1": bordering.on_disclosure_recalled,
}
HANDLING: dict[str, Callable[[TwoCells, Any], None]] = {
    "consent": TwoCells.handle_consent,
    "referral": TwoCells.handle_referral,
    "intake": TwoCells.handle_intake,
    "exchange": TwoCells.handle_exchange,
}
