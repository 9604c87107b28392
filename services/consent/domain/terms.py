"""What a consent record says: the fields of ISO/IEC TS 27560 and of the field's rules that are not personal."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

LONGEST = timedelta(days=366)
"""A consent is reasonably time-limited: a year, then she is asked again."""


class Method(StrEnum):
    """How it was given."""

    SIGNATURE = "signature"
    THUMBPRINT = "thumbprint"
    SPOKEN = "spoken-before-witness"


class Capacity(StrEnum):
    """For whom she speaks: for herself, for herself with support, or a guardian for a child."""

    SELF = "self"
    SUPPORTED = "supported"
    GUARDIAN = "guardian"


class Assent(StrEnum):
    """The child's own answer beside the guardian's."""

    NOT_ASKED = "not-asked"
    TOO_YOUNG = "too-young"
    GIVEN = "given"
    DECLINED = "declined"


class WithdrawalMethod(StrEnum):
    """How she was told that she can withdraw. Each is always open to her; this is what was explained."""

    TELL_ANY_WORKER = "tell-any-worker"
    HOTLINE = "hotline"
    IN_WRITING = "in-writing"


class LegalBasis(StrEnum):
    """The ground beside the consent (GovStack `lawfulBasis`)."""

    CONSENT = "consent"
    LEGAL_OBLIGATION = "legal-obligation"
    PUBLIC_TASK = "public-task"
    VITAL_INTEREST = "vital-interest"


class Incomplete(Exception):
    """The record lacks what makes it a consent; `what` names the field and the rule, never a value."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field, self.rule = field, rule


@dataclass(frozen=True, slots=True)
class Recipient:
    organisation: str
    country: str


@dataclass(frozen=True, slots=True)
class Terms:
    """One revision's content. Names of a witness, interpreter or guardian stand apart, sealed."""

    purposes: tuple[str, ...]
    recipients: tuple[Recipient, ...]
    categories: tuple[str, ...]
    back_categories: tuple[str, ...]
    notice_version: str
    language: str
    risks_explained: bool
    method: Method
    capacity: Capacity
    assent: Assent
    interpreted: bool
    interpreter_undertaking: bool
    withdrawal_method: WithdrawalMethod
    legal_basis: LegalBasis
    valid_until: datetime

    def names(self, organisation: str) -> bool:
        return any(r.organisation == organisation for r in self.recipients)

    def as_json(self) -> dict[str, Any]:
        """The content as it is hashed and kept: strings, booleans and lists only."""
        return {
            "purposes": list(self.purposes),
            "recipients": [{"organisation": r.organisation, "country": r.country} for r in self.recipients],
            "categories": list(self.categories),
            "back_categories": list(self.back_categories),
            "notice_version": self.notice_version,
            "language": self.language,
            "risks_explained": self.risks_explained,
            "method": str(self.method),
            "capacity": str(self.capacity),
            "assent": str(self.assent),
            "interpreted": self.interpreted,
            "interpreter_undertaking": self.interpreter_undertaking,
            "withdrawal_method": str(self.withdrawal_method),
            "legal_basis": str(self.legal_basis),
            "valid_until": instant(self.valid_until),
        }

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Terms":
        return cls(
            purposes=tuple(body["purposes"]),
            recipients=tuple(Recipient(r["organisation"], r["country"]) for r in body["recipients"]),
            categories=tuple(body["categories"]),
            back_categories=tuple(body["back_categories"]),
            notice_version=body["notice_version"],
            language=body["language"],
            risks_explained=body["risks_explained"],
            method=Method(body["method"]),
            capacity=Capacity(body["capacity"]),
            assent=Assent(body["assent"]),
            interpreted=body["interpreted"],
            interpreter_undertaking=body["interpreter_undertaking"],
            withdrawal_method=WithdrawalMethod(body["withdrawal_method"]),
            legal_basis=LegalBasis(body["legal_basis"]),
            valid_until=datetime.fromisoformat(body["valid_until"]),
        )


def instant(at: datetime) -> str:
    return at.isoformat()


def check_given(terms: Terms, sealed: frozenset[str], at: datetime) -> None:
    """What every consent given or renewed must hold. Raises Incomplete; a refusal needs none of it."""
    if not terms.risks_explained:
        raise Incomplete("risks_explained", "the risks must have been explained to her")
    if not at < terms.valid_until <= at + LONGEST:
        raise Incomplete("valid_until", f"must lie ahead, at most {LONGEST.days} days")
    if terms.method is Method.SPOKEN and "witness" not in sealed:
        raise Incomplete("witness", "a spoken consent needs a witness")
    if terms.interpreted and not terms.interpreter_undertaking:
        raise Incomplete("interpreter_undertaking", "the interpreter must have undertaken confidentiality")
    if terms.capacity is Capacity.GUARDIAN:
        _check_guardian(terms, sealed)


def _check_guardian(terms: Terms, sealed: frozenset[str]) -> None:
    if "guardian" not in sealed:
        raise Incomplete("guardian", "a guardian's consent names the guardian")
    if terms.assent not in {Assent.GIVEN, Assent.TOO_YOUNG}:
        raise Incomplete("assent", "a child old enough to be asked must have assented")
