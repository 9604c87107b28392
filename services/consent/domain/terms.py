"""The content of a consent record: the fields of ISO/IEC TS 27560 and of the field's rules that are not personal."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

LONGEST = timedelta(days=366)
"""A consent is reasonably time-limited: a year, then she is asked again. No grant that is received lasts longer either."""


class Method(StrEnum):
    """The way in which the consent was given."""

    SIGNATURE = "signature"
    THUMBPRINT = "thumbprint"
    SPOKEN = "spoken-before-witness"


class Capacity(StrEnum):
    """The speaker: she herself, she herself with support, or for a child a guardian, or an authority in her best
    interests.
    """

    SELF = "self"
    SUPPORTED = "supported"
    GUARDIAN = "guardian"
    BEST_INTERESTS = "best-interests"

    @property
    def for_child(self) -> bool:
        return self in {Capacity.GUARDIAN, Capacity.BEST_INTERESTS}


class Assent(StrEnum):
    """The child's own answer beside the guardian's."""

    NOT_ASKED = "not-asked"
    TOO_YOUNG = "too-young"
    GIVEN = "given"
    DECLINED = "declined"


class WithdrawalMethod(StrEnum):
    """The ways to withdraw that she was told of. Each is always open to her; these were explained."""

    TELL_ANY_WORKER = "tell-any-worker"
    HOTLINE = "hotline"
    IN_WRITING = "in-writing"


class LegalBasis(StrEnum):
    """The ground beside the consent (GovStack `lawfulBasis`)."""

    CONSENT = "consent"
    LEGAL_OBLIGATION = "legal-obligation"
    PUBLIC_TASK = "public-task"
    VITAL_INTEREST = "vital-interest"
    IMMEDIATE_PROTECTION = "immediate-protection"
    """The basis in place of a consent, never beside one."""


class IncompleteTerms(Exception):
    """The record lacks a thing that makes it a consent: the field and the rule, never a value."""

    def __init__(self, field: str, rule: str, code: str = "incomplete") -> None:
        super().__init__(rule)
        self.field, self.rule, self.code = field, rule, code


@dataclass(frozen=True, slots=True)
class Recipient:
    organisation: str
    country: str


@dataclass(frozen=True, slots=True)
class Terms:
    """One revision's content. Names of a witness, interpreter or guardian stand apart, sealed.

    Of a refusal only that she was asked: everything else may be empty.
    """

    purposes: tuple[str, ...]
    recipients: tuple[Recipient, ...]
    categories: tuple[str, ...]
    back_categories: tuple[str, ...]
    notice_version: str | None
    language: str | None
    risks_explained: bool
    method: Method | None
    capacity: Capacity
    assent: Assent
    interpreted: bool
    interpreter_undertaking: bool
    withdrawal_method: WithdrawalMethod
    legal_basis: LegalBasis
    valid_until: datetime
    decided_by: str | None = None
    """The organisation that determined the child's best interests."""
    confirmed_by: str | None = None
    """The second person, who looked at who speaks for the child."""
    law: str | None = None
    """The law that allows her immediate protection: a code of `protection_law`."""
    reviewed_by: str | None = None
    """The third person, who looked at the reasons for the protection."""
    upheld: bool | None = None
    approved_by: str | None = None
    """The second person, without whom no protection is in force."""
    approved_fields: tuple[str, ...] | None = None
    """The fields that the second person saw would go: whatever is agreed to later, no other does."""
    notice_language: str | None = None
    """The language of the text, where an interpreter explained it in another."""

    @property
    def read_in(self) -> str | None:
        """The language of the words that were read out to her, or to her interpreter."""
        return self.notice_language or self.language

    @property
    def protects(self) -> bool:
        return self.legal_basis is LegalBasis.IMMEDIATE_PROTECTION

    @property
    def basis(self) -> str | None:
        """The basis in place of a consent, where there is one (code list `disclosure_basis`)."""
        return str(self.legal_basis) if self.protects else None

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
            "method": None if self.method is None else str(self.method),
            "capacity": str(self.capacity),
            "assent": str(self.assent),
            "interpreted": self.interpreted,
            "interpreter_undertaking": self.interpreter_undertaking,
            "withdrawal_method": str(self.withdrawal_method),
            "legal_basis": str(self.legal_basis),
            "valid_until": instant(self.valid_until),
            "decided_by": self.decided_by,
            "confirmed_by": self.confirmed_by,
            "law": self.law,
            "reviewed_by": self.reviewed_by,
            "upheld": self.upheld,
            **({} if self.approved_by is None else {"approved_by": self.approved_by}),
            **({} if self.approved_fields is None else {"approved_fields": list(self.approved_fields)}),
            **({} if self.notice_language is None else {"notice_language": self.notice_language}),
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
            method=None if body["method"] is None else Method(body["method"]),
            capacity=Capacity(body["capacity"]),
            assent=Assent(body["assent"]),
            interpreted=body["interpreted"],
            interpreter_undertaking=body["interpreter_undertaking"],
            withdrawal_method=WithdrawalMethod(body["withdrawal_method"]),
            legal_basis=LegalBasis(body["legal_basis"]),
            valid_until=datetime.fromisoformat(body["valid_until"]),
            decided_by=body["decided_by"],
            confirmed_by=body["confirmed_by"],
            law=body["law"],
            reviewed_by=body["reviewed_by"],
            upheld=body["upheld"],
            approved_by=body.get("approved_by"),
            approved_fields=None if body.get("approved_fields") is None else tuple(body["approved_fields"]),
            notice_language=body.get("notice_language"),
        )


def instant(at: datetime) -> str:
    return at.isoformat()


def check_given(terms: Terms, sealed: frozenset[str], at: datetime) -> None:
    """Check that a consent given or renewed is complete. Raises IncompleteTerms; a refusal needs none of it."""
    if terms.protects:
        raise IncompleteTerms("legal_basis", "what stands in place of a consent is no consent")
    if not terms.risks_explained:
        raise IncompleteTerms("risks_explained", "the risks must have been explained to her")
    if not at < terms.valid_until <= at + LONGEST:
        raise IncompleteTerms("valid_until", f"must lie ahead, at most {LONGEST.days} days")
    if terms.method is Method.SPOKEN and "witness" not in sealed:
        raise IncompleteTerms("witness", "a spoken consent needs a witness")
    if terms.interpreted and not terms.interpreter_undertaking:
        raise IncompleteTerms(
            "interpreter_undertaking", "the interpreter must have undertaken confidentiality"
        )
    if terms.read_in != terms.language and not terms.interpreted:
        raise IncompleteTerms("notice_language", "a text in another language needs an interpreter")
    if terms.capacity.for_child:
        _check_for_child(terms, sealed)


def check_protection(terms: Terms, sealed: frozenset[str]) -> None:
    """Check that a protection names its law and its reasons. Raises IncompleteTerms."""
    if not terms.protects or terms.law is None:
        raise IncompleteTerms("law", "a law must allow it")
    if "reasons" not in sealed:
        raise IncompleteTerms("reasons", "why she cannot be asked, and what threatens her")


def _check_for_child(terms: Terms, sealed: frozenset[str]) -> None:
    if terms.capacity is Capacity.GUARDIAN and "guardian" not in sealed:
        raise IncompleteTerms("guardian", "a guardian's consent names the guardian")
    if terms.capacity is Capacity.GUARDIAN and "guardian_relationship" not in sealed:
        raise IncompleteTerms(
            "guardian_relationship", "a guardian's consent says what the guardian is to the child"
        )
    if terms.capacity is Capacity.BEST_INTERESTS and terms.decided_by is None:
        raise IncompleteTerms(
            "decided_by", "a decision in her best interests names the organisation that took it"
        )
    if terms.assent not in {Assent.GIVEN, Assent.TOO_YOUNG}:
        raise IncompleteTerms("assent", "a child old enough to be asked must have assented")


def check_speaker(terms: Terms, *, child: bool) -> None:
    """Check the speaker: a child never consents alone, and nobody consents in an adult's place. Raises IncompleteTerms."""
    if child and not terms.capacity.for_child:
        rule = (
            "a child does not consent alone: a guardian or a decision in her best interests, and her assent"
        )
        raise IncompleteTerms("capacity", rule, "child-alone")
    if not child and terms.capacity.for_child:
        raise IncompleteTerms("capacity", "an adult is asked herself", "adult-asked-herself")


def awaited(terms: Terms) -> str:
    """The act that a requested record waits for, as the code of `disclosure_refusal` with which it permits nothing
    meanwhile.
    """
    if terms.protects:
        return "protection_unapproved"
    if not terms.capacity.for_child:
        return "child_alone"
    return "guardian_unconfirmed" if terms.confirmed_by is None else "came_of_age"
