"""The checks on an envelope and on each of its items: the same before sealing and after opening. Codes: `border_refusal`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.border.items import (
    MAX_CONTROL_ITEMS,
    MAX_ITEMS,
    AgreementReference,
    Answer,
    Claims,
    ControlContent,
    ControlItem,
    Correction,
    DisclosureContent,
    Item,
    ItemClass,
    Presence,
    ProcessContent,
    ProcessItem,
    Proof,
    Receipt,
)
from contracts.casefile.fields import FIELDS, checked
from contracts.codes import UnknownCode, codes
from contracts.crossing import BY_CODE
from contracts.disclosure import TRANSFER, AgreementTerms
from contracts.organisations import authority, cell_of
from contracts.protection import IMMEDIATE_PROTECTION, is_of_country, protection

CLOCK_SKEW = timedelta(seconds=60)
LONGEST_LIFE = timedelta(days=30)
"""The longest life of an envelope: nobody need keep it longer to know a replay."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement in force or to come, as the governance keys signed it."""

    terms: AgreementTerms
    process_codes: tuple[str, ...]
    legal_basis: str
    extract_reasons: tuple[str, ...] = ()
    """The reasons for which an auditor may ask the partner's for an extract of the log; without one, for none."""

    @property
    def reference(self) -> AgreementReference:
        return AgreementReference(self.terms.id, self.terms.version, self.terms.sha256)


@dataclass(frozen=True, slots=True)
class Way:
    """The direction of an envelope: from which organisation of which cell to which."""

    sender: str
    sender_cell: str
    recipient: str
    recipient_cell: str


def check_claims(claims: Claims, *, signer: str, reader: str, partner: str, now: datetime) -> str | None:
    """The code that refuses the envelope for its claims, or None. `signer` owns the key that signed, `reader` the key
    that opened.
    """
    if claims.iss != signer or cell_of(signer) != partner:
        return "sender_mismatch"
    if claims.aud != reader:
        return "wrong_recipient"
    if now.timestamp() >= claims.exp:
        return "expired"
    if claims.iat > (now + CLOCK_SKEW).timestamp():
        return "not_yet_valid"
    if claims.exp - claims.iat > LONGEST_LIFE.total_seconds():
        return "invalid_value"
    counted = claims.seq > 0 or all(is_presence(item) for item in claims.items)
    control = sum(item.item_class is ItemClass.CONTROL for item in claims.items)
    bounded = 1 <= len(claims.items) <= MAX_ITEMS and control <= MAX_CONTROL_ITEMS
    return None if counted and bounded else "invalid_value"


def is_presence(item: Item) -> bool:
    return isinstance(item, ControlItem) and isinstance(item.control, Presence)


def extract_reasons(agreements: Iterable[Agreement], one: str, other: str, now: datetime) -> frozenset[str]:
    """The reasons for which the agreements in force between two cells allow an extract."""
    return frozenset(
        reason
        for agreement in agreements
        if agreement.terms.joins(one, other)
        and agreement.terms.valid_from <= now < agreement.terms.valid_until
        for reason in agreement.extract_reasons
    )


def check_item(item: Item, agreement: Agreement | None, way: Way, now: datetime) -> str | None:
    """The code that refuses the item, or None. `agreement` is the one that the item names, as this cell knows it."""
    if isinstance(item, ControlItem):
        return _check_control(item.control, way)
    if agreement is None or not _in_force(item.agreement, agreement, way, now):
        return "agreement_not_in_force"
    if isinstance(item, ProcessItem):
        return _check_process(item.process, agreement)
    return _check_disclosure(item.disclosure, agreement, way, now)


def _check_control(content: ControlContent, way: Way) -> str | None:
    """Control is spoken by the authority of one cell to the authority of the other, and by nobody else."""
    if way.sender != authority(way.sender_cell):
        return "sender_mismatch"
    if way.recipient != authority(way.recipient_cell):
        return "wrong_recipient"
    return _check_codes(content)


def _check_codes(content: ControlContent) -> str | None:
    """A recall is not refused for its reason: a partner of a later release takes back for reasons that are not known here."""
    match content:
        case Answer(answer=answer):
            return _unknown("recall_answer", [answer])
        case Correction(fields=fields):
            return _unknown("field", fields)
        case Receipt(outcome="refused", code=code):
            return "invalid_value" if code is None else None
    return None


def _in_force(named: AgreementReference, ours: Agreement, way: Way, now: datetime) -> bool:
    if named != ours.reference:
        return False
    terms = ours.terms
    return terms.joins(way.sender_cell, way.recipient_cell) and terms.valid_from <= now < terms.valid_until


def _check_process(content: ProcessContent, agreement: Agreement) -> str | None:
    crossing = BY_CODE.get(content.code)
    if crossing is None:
        return "unknown_code"
    if content.code not in agreement.process_codes:
        return "process_outside_agreement"
    if content.journey is not None and _unknown("handover_point", [content.journey.handover]):
        return "unknown_code"
    if content.reason is None:
        return None
    return "unknown_code" if crossing.reasons is None else _unknown(crossing.reasons, [content.reason])


def _check_disclosure(
    content: DisclosureContent, agreement: Agreement, way: Way, now: datetime
) -> str | None:
    consent = content.consent
    if consent.expiry > agreement.terms.valid_until:
        return "invalid_value"
    if now >= consent.expiry:
        return "consent_expired"
    if not _proven(content.proof):
        return "missing_proof"
    unknown = _unknown("service", [content.service]) or _unknown("urgency", [content.urgency])
    unknown = unknown or _unknown("purpose", [consent.purpose]) or _unknown("referral_kind", [content.kind])
    unknown = unknown or _unknown("data_category", [*consent.categories, *consent.back])
    if unknown is not None:
        return unknown
    if consent.purpose not in agreement.terms.purposes:
        return "purpose_outside_agreement"
    refused = _check_kind(content, way) or _check_basis(content, way, now)
    return refused or _check_fields(content, agreement) or _check_values(content)


def _check_kind(content: DisclosureContent, way: Way) -> str | None:
    abroad = way.sender_cell != way.recipient_cell
    return "transfer_abroad" if content.kind == TRANSFER and abroad else None


def _check_basis(content: DisclosureContent, way: Way, now: datetime) -> str | None:
    """A disclosure that does not rest on her consent is the least, handed over inside one country under one of its
    laws, and not for long.
    """
    if content.basis is None and content.law is None:
        return None
    if (
        content.basis != IMMEDIATE_PROTECTION
        or content.law is None
        or content.law not in codes("protection_law")
    ):
        return "unknown_code"
    least = protection()
    allowed = (
        way.sender_cell == way.recipient_cell
        and is_of_country(content.law, way.sender_cell)
        and content.kind == TRANSFER
        and content.consent.purpose in least.purposes
        and not content.consent.back
        and content.consent.expiry <= now + least.valid_for + CLOCK_SKEW
        and set(content.fields) <= least.fields
    )
    return None if allowed else "outside_protection"


def _proven(proof: Proof | None) -> bool:
    """A stand-in until the log is a Merkle tree and the proof a `tlog-proof`: the chain head counts as the proof."""
    return (
        proof is not None
        and proof.type == "chain-head"
        and proof.entry > 0
        and _SHA256.fullmatch(proof.chain_head) is not None
    )


def _check_fields(content: DisclosureContent, agreement: Agreement) -> str | None:
    """The fields are within agreement ∩ consent, and none is missing from the explicit list."""
    if not content.fields or any(name not in FIELDS for name in (*content.fields, *content.data)):
        return "unknown_code"
    if any(name not in agreement.terms.fields for name in (*content.fields, *content.data)):
        return "field_outside_agreement"
    listed = set(content.fields)
    if len(listed) != len(content.fields):
        return "invalid_value"
    consented = set(content.consent.categories)
    if not set(content.data) <= listed or any(FIELDS[name].category not in consented for name in listed):
        return "field_outside_consent"
    return None


def _check_values(content: DisclosureContent) -> str | None:
    for name, value in content.data.items():
        try:
            checked(name, value)
        except UnknownCode:
            return "unknown_code"
        except ValueError:  # InvalidField, or a date that is none
            return "invalid_value"
    return None


def _unknown(code_list: str, values: Iterable[str]) -> str | None:
    known = codes(code_list)
    return None if all(value in known for value in values) else "unknown_code"
