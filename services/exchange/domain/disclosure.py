"""A disclosure on its way out: authorised and logged, sealed, received or refused, recalled and answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

from contracts.border.items import AgreementReference, Answer, Correction, ItemClass, Recall
from contracts.disclosure import REFERRAL
from services.exchange.domain.facts import (
    ControlDue,
    Fact,
    ItemDelivered,
    ItemRefused,
    ItemSealed,
    RecallAnswered,
    SealDue,
)

MAX_SEALS = 6
"""The times that one item is sealed: again because its envelope did not arrive whole, or named an agreement that the partner
does not have in force.
"""


UNREADABLE = "unreadable"
"""The code for giving a disclosure up after that; its sender is told."""


class State(StrEnum):
    EXPECTED = "expected"
    """Authorised or logged, not yet both."""
    DUE = "due"
    SEALED = "sealed"
    DELIVERED = "delivered"
    REFUSED = "refused"
    RECALLED = "recalled"
    ANSWERED = "answered"


MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.EXPECTED: frozenset({State.DUE, State.ANSWERED}),
        State.DUE: frozenset({State.SEALED, State.DELIVERED, State.REFUSED, State.RECALLED, State.ANSWERED}),
        State.SEALED: frozenset({State.DUE, State.DELIVERED, State.REFUSED, State.RECALLED}),
        State.DELIVERED: frozenset({State.RECALLED}),
        State.REFUSED: frozenset({State.RECALLED, State.ANSWERED}),
        State.RECALLED: frozenset({State.ANSWERED}),
        State.ANSWERED: frozenset({State.ANSWERED}),
    }
)


UNSEALED = frozenset({State.EXPECTED, State.DUE})
"""A disclosure that stands so may still be sealed, and goes before the process codes of its case."""


class WrongDisclosureMove(ValueError):
    """The verb is not one of the moves from the present state."""


@dataclass(frozen=True, slots=True)
class AuthorisedDisclosure:
    """The disclosure that consent allowed, as its event says it: names of fields, never a value."""

    case_id: UUID
    referral_id: UUID
    consent_id: UUID
    revision: int
    revision_hash: str
    purpose: str
    sender: str
    recipient: str
    recipient_cell: str
    service: str
    urgency: str
    agreement: AgreementReference
    fields: tuple[str, ...]
    fields_hash: str
    back_categories: tuple[str, ...]
    valid_until: datetime
    kind: str = REFERRAL
    basis: str | None = None
    law: str | None = None


@dataclass(slots=True)
class Disclosure:
    """A disclosure to a partner. `seals` counts its envelopes, so that a disclosure which ever left is recalled and
    not called unreceived.
    """

    id: UUID
    state: State = State.EXPECTED
    authorised: AuthorisedDisclosure | None = None
    case_id: UUID | None = None
    entry: int | None = None
    chain_head: str | None = None
    seals: int = 0
    recall_reason: str | None = None
    answer: str | None = None
    code: str | None = None
    changed: bool = False

    @property
    def terms(self) -> AuthorisedDisclosure:
        if self.authorised is None:
            raise WrongDisclosureMove("this disclosure was never authorised")
        return self.authorised

    @property
    def over(self) -> bool:
        """True once recalled: nothing of the disclosure may be sealed any more."""
        return self.state in {State.RECALLED, State.ANSWERED}

    def authorise(self, authorised: AuthorisedDisclosure) -> list[Fact]:
        """Take consent's authorisation. A second one, after a refusal by consent or after a recall that overtook it,
        changes nothing.
        """
        if self.authorised is not None:
            return []
        self.authorised, self.case_id, self.changed = authorised, authorised.case_id, True
        return self._due_when_logged()

    def log(self, entry: int, chain_head: str) -> list[Fact]:
        if self.entry is not None:
            return []
        self.entry, self.chain_head, self.changed = entry, chain_head, True
        return self._due_when_logged()

    def seal(self, envelope_id: UUID, seq: int, at: datetime) -> list[Fact]:
        self._move(State.SEALED)
        self.seals += 1
        return [ItemSealed(**self._outcome(at), envelope_id=envelope_id, envelope_seq=seq)]

    def seal_again(
        self, at: datetime, replaces: int | None = None, due: datetime | None = None
    ) -> list[Fact]:
        """Seal again, not before `due`, because the envelope did not arrive whole or came too early. Once received,
        refused or recalled there is nothing to send again.
        """
        if self.state is not State.SEALED:
            return []
        if self.seals >= MAX_SEALS:
            return self.refuse(UNREADABLE, at)
        self._move(State.DUE)
        return [SealDue(self.id, self.terms.recipient_cell, self.seals, replaces, due)]

    def deliver(self, at: datetime) -> list[Fact]:
        """Take a receipt, which may come while a resend is due; one that comes after the recall tells nothing new."""
        if self.state not in {State.SEALED, State.DUE} or self.seals == 0:
            return []
        self._move(State.DELIVERED)
        return [ItemDelivered(**self._outcome(at))]

    def refuse(self, code: str, at: datetime) -> list[Fact]:
        """Take a refusal, by the recipient or by ourselves instead of sealing."""
        if self.state not in {State.DUE, State.SEALED}:
            return []
        self._move(State.REFUSED)
        self.code = code
        return [ItemRefused(**self._outcome(at), code=code)]

    def recall(self, case_id: UUID, referral_id: UUID, reason: str, at: datetime) -> list[Fact]:
        """Take the disclosure back. The first recall wins: a disclosure that was not sealed never is, and one that
        ever left is recalled from its recipient.
        """
        if self.over:
            return []
        self.case_id, self.recall_reason = case_id, reason
        if self.seals == 0:
            self._move(State.ANSWERED)
            self.answer = "never_received"
            return [RecallAnswered(case_id, self.id, Answer(self.id, "never_received"), at)]
        self._move(State.RECALLED)
        return [
            ControlDue(recall_item(self.id), self.terms.recipient_cell, Recall(self.id, referral_id, reason))
        ]

    def correct(self, referral_id: UUID, revision: int, fields: tuple[str, ...]) -> list[Fact]:
        """Tell the recipient of a correction, if it received the disclosure and has not erased it."""
        if self.seals == 0 or self.answer in {"never_received", "erased"}:
            return []
        content = Correction(self.id, referral_id, fields)
        return [ControlDue(correction_item(self.id, revision), self.terms.recipient_cell, content)]

    def answered(self, answer: Answer, at: datetime) -> list[Fact]:
        """Take the recipient's answer to a recall. A later answer may say more: restricted, then retained."""
        if self.seals == 0 or not self.over or self.case_id is None or self.answer == answer.answer:
            return []
        self._move(State.ANSWERED)
        self.answer = answer.answer
        return [RecallAnswered(self.case_id, self.id, answer, at)]

    def _due_when_logged(self) -> list[Fact]:
        if self.state is not State.EXPECTED or self.authorised is None or self.entry is None:
            return []
        self._move(State.DUE)
        return [SealDue(self.id, self.terms.recipient_cell)]

    def _move(self, to: State) -> None:
        if to not in MOVES[self.state]:
            raise WrongDisclosureMove(f"no move from {self.state} to {to}")
        self.state, self.changed = to, True

    def _outcome(self, at: datetime) -> dict[str, Any]:
        terms = self.terms
        return {
            "case_id": terms.case_id,
            "item_id": disclosure_item(self.id),
            "item_class": ItemClass.DISCLOSURE,
            "disclosure_id": self.id,
            "referral_id": terms.referral_id,
            "recipient_cell": terms.recipient_cell,
            "at": at,
        }


def disclosure_item(disclosure_id: UUID) -> UUID:
    """The identifier of the disclosure's item: the same each time it is sealed, so that it has its effect once."""
    return uuid5(disclosure_id, "item")


def recall_item(disclosure_id: UUID) -> UUID:
    return uuid5(disclosure_id, "recall")


def correction_item(disclosure_id: UUID, revision: int) -> UUID:
    return uuid5(disclosure_id, f"correction|{revision}")


def answer_item(disclosure_id: UUID, answer: str) -> UUID:
    return uuid5(disclosure_id, f"answer|{answer}")
