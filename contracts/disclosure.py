"""The rule of disclosure: consent ∩ agreement ∩ purpose ∩ the needs of the recipient's role. Pure, the same
everywhere.

The same function answers the worker's preview, the authorisation, the check at sealing, on receipt and on every read.
Nothing overrides it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

import rfc8785

from contracts.casefile.fields import FIELDS
from contracts.protection import IMMEDIATE_PROTECTION, PROTECTED, protection

REFERRAL, TRANSFER = "referral", "transfer"
"""Codes of `referral_kind`. A referral is access; a transfer is custody, and stays inside one country."""

ANSWER_WITHIN = timedelta(hours=72)
"""A recipient must answer a recall within this; later it is overdue, and the ledger and the audit log show it."""

PERMITTING_STATES = frozenset({"given", "renewed"})
"""The consent states of DPV that permit, and no other does."""

_STATE_REFUSALS: Mapping[str, str] = {
    "refused": "consent_refused",
    "withdrawn": "consent_withdrawn",
    "revoked": "consent_revoked",
    "expired": "consent_expired",
    "invalidated": "consent_invalidated",
}
_CONSENT, _AGREEMENT, _PURPOSE, _ROLE = (
    "no_consent",
    "not_in_agreement",
    "purpose_not_allowed",
    "not_needed_by_role",
)
_WITHHELD_BECAUSE: Mapping[str, str] = {
    "purpose_not_consented": _PURPOSE,
    "purpose_outside_agreement": _PURPOSE,
    "no_agreement": _AGREEMENT,
    "agreement_not_in_force": _AGREEMENT,
    "unknown_role": _ROLE,
    "transfer_abroad": _AGREEMENT,
    "protection_abroad": _AGREEMENT,
    "protection_role": _ROLE,
}
"""The reason that stands at every field when the whole disclosure is refused; else it is the consent."""


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """The terms of a consent record or of a received grant. `state` is a DPV state; `awaits`, the refusal of a
    requested one.
    """

    state: str
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    categories: tuple[str, ...]
    valid_until: datetime
    awaits: str = "no_consent"
    basis: str | None = None
    """The basis where that is not her consent; it permits the least and nothing else."""
    fields: tuple[str, ...] | None = None
    """The fields that somebody approved by name, where that was needed: none but these."""

    @property
    def permits(self) -> bool:
        """True where these terms permit the request. Neither basis passes for the other: no consent by law, and no
        law by consent.
        """
        if self.basis is None:
            return self.state in PERMITTING_STATES
        return self.basis == IMMEDIATE_PROTECTION and self.state == PROTECTED


@dataclass(frozen=True, slots=True)
class AgreementTerms:
    """An agreement between cells, or within one (`cells` of one)."""

    id: str
    version: int
    sha256: str
    cells: tuple[str, ...]
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    retention_days: int = 0
    """The days that the recipient may read on after the end of the referral. None of them, an end at once, protects
    her most.
    """

    def joins(self, one: str, other: str) -> bool:
        """True where the agreement is between these two cells. An agreement abroad says nothing about disclosures at
        home.
        """
        cells = set(self.cells)
        return cells == {one} if one == other else {one, other} <= cells


@dataclass(frozen=True, slots=True)
class DisclosureRequest:
    """A request to send fields: who asks, which fields, to whom, for what purpose."""

    purpose: str
    recipient: str
    recipient_cell: str
    sender_cell: str
    recipient_role: str
    fields: tuple[str, ...]
    kind: str = REFERRAL


@dataclass(frozen=True, slots=True)
class ComputedDisclosure:
    """Every requested field is in `sent` or in `withheld` with its reason, once. `refusal` is set iff nothing is sent."""

    sent: tuple[str, ...]
    withheld: tuple[tuple[str, str], ...]
    refusal: str | None = None


def compute(
    record: ConsentTerms | None, agreement: AgreementTerms | None, request: DisclosureRequest, now: datetime
) -> ComputedDisclosure:
    """The fields sent and withheld, in alphabetical order. Codes are of `disclosure_refusal` and `withheld_reason`."""
    requested = sorted(set(request.fields))
    refusal = _kind_refusal(request) or _consent_refusal(record, request, now)
    refusal = refusal or _agreement_refusal(agreement, request, now)
    if refusal is None and request.recipient_role not in role_needs():
        refusal = "unknown_role"
    if refusal is not None or record is None or agreement is None:
        reason = _WITHHELD_BECAUSE.get(refusal or "", _CONSENT)
        return ComputedDisclosure((), tuple((name, _known_or(name, reason)) for name in requested), refusal)
    reasons = {name: _reason_to_withhold(name, record, agreement, request) for name in requested}
    sent = tuple(name for name, reason in reasons.items() if reason is None)
    withheld = tuple((name, reason) for name, reason in reasons.items() if reason is not None)
    return ComputedDisclosure(sent, withheld, None if sent else "nothing_to_disclose")


def _kind_refusal(request: DisclosureRequest) -> str | None:
    abroad = request.recipient_cell != request.sender_cell
    return "transfer_abroad" if request.kind == TRANSFER and abroad else None


def _consent_refusal(record: ConsentTerms | None, request: DisclosureRequest, now: datetime) -> str | None:
    if record is None:
        return "no_consent"
    if not record.permits:
        return _STATE_REFUSALS.get(record.state, record.awaits)
    if now >= record.valid_until:
        return "consent_expired"
    if request.purpose not in record.purposes:
        return "purpose_not_consented"
    if request.recipient not in record.recipients:
        return "recipient_not_consented"
    return None if record.basis is None else _protection_refusal(request)


def _protection_refusal(request: DisclosureRequest) -> str | None:
    """The refusal of a disclosure by law: a person who cannot be asked is handed over inside her country, to those
    who protect, for protection.
    """
    if request.recipient_cell != request.sender_cell:
        return "protection_abroad"
    if request.kind != TRANSFER:
        return "protection_by_transfer"
    if request.purpose not in protection().purposes:
        return "purpose_not_consented"
    return None if request.recipient_role in protection().roles else "protection_role"


def _agreement_refusal(
    agreement: AgreementTerms | None, request: DisclosureRequest, now: datetime
) -> str | None:
    if agreement is None or not agreement.joins(request.sender_cell, request.recipient_cell):
        return "no_agreement"
    if not agreement.valid_from <= now < agreement.valid_until:
        return "agreement_not_in_force"
    return None if request.purpose in agreement.purposes else "purpose_outside_agreement"


def _known_or(name: str, reason: str) -> str:
    return reason if name in FIELDS else "unknown_field"


def _reason_to_withhold(
    name: str, record: ConsentTerms, agreement: AgreementTerms, request: DisclosureRequest
) -> str | None:
    field = FIELDS.get(name)
    if field is None:
        return "unknown_field"
    if record.basis is not None and name not in protection().fields:
        return "not_least"
    if record.fields is not None and name not in record.fields:
        return "not_least"
    if field.category not in record.categories:
        return _CONSENT
    if name not in agreement.fields:
        return _AGREEMENT
    return None if field.category in role_needs()[request.recipient_role] else _ROLE


@cache
def role_needs() -> Mapping[str, frozenset[str]]:
    """Recipient role → the data categories that the role needs in order to help. Beside each, the file says why."""
    text = files("contracts").joinpath("role_needs.json").read_text(encoding="utf-8")
    return {row["role"]: frozenset(row["needs"]) for row in json.loads(text)["roles"]}


def categories_of(fields: Iterable[str]) -> tuple[str, ...]:
    """The data categories that these fields belong to; names that are no field have none."""
    return tuple(sorted({FIELDS[name].category for name in fields if name in FIELDS}))


def fields_hash(fields: Iterable[str]) -> str:
    """SHA-256 (hex) of the RFC 8785 form of the sorted field names: what a seal token is bound to."""
    return hashlib.sha256(rfc8785.dumps(sorted(set(fields)))).hexdigest()
