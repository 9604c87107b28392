"""The forms with which she gives, refuses or renews: checked whole and never echoed."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.casefile.name import NameText
from contracts.form import Form
from contracts.types import Cell, ChosenCode, GivenInstant, KnownCode, NoticeVersion, OrganisationId
from services.consent.domain.terms import (
    Assent,
    Capacity,
    LegalBasis,
    Method,
    Recipient,
    Terms,
    WithdrawalMethod,
)

Purpose = Annotated[str, ChosenCode("purpose")]
Category = Annotated[str, KnownCode("data_category")]
Language = Annotated[str, KnownCode("language")]


ConsentBasis = Literal[
    LegalBasis.CONSENT, LegalBasis.LEGAL_OBLIGATION, LegalBasis.PUBLIC_TASK, LegalBasis.VITAL_INTEREST
]
"""The bases that may stand beside her consent; one that stands in place of it is recorded as what it is
(`protections.py`).
"""

NAMES = ("witness", "interpreter", "guardian", "guardian_relationship")
"""Fields of the form that are kept under the person's key and nowhere else."""


class RecipientForm(Form):
    """A named recipient. An organisation belongs to the country that its identifier begins with."""

    organisation: OrganisationId
    country: Annotated[Cell, KnownCode("country")]

    @model_validator(mode="after")
    def _of_its_country(self) -> Self:
        if not self.organisation.startswith(f"{self.country.lower()}-"):
            raise ValueError("the organisation is not of this country")
        return self


class AgreedForm(Form):
    """The information that she was given and the terms that she agreed to (ISO/IEC TS 27560)."""

    purposes: Annotated[list[Purpose], Field(min_length=1, max_length=10)]
    recipients: Annotated[list[RecipientForm], Field(min_length=1, max_length=20)]
    categories: Annotated[list[Category], Field(min_length=1, max_length=20)]
    back_categories: Annotated[
        list[Category], Field(max_length=20, description="what a recipient may tell the sender back")
    ] = []
    notice_version: Annotated[NoticeVersion, Field(description="which text was explained to her")]
    language: Annotated[Language, Field(description="in which it was explained")]
    notice_language: Annotated[
        Language | None,
        Field(description="of the text, where an interpreter explained it in another language"),
    ] = None
    risks_explained: bool
    method: Method
    witness: Annotated[NameText | None, Field(description="needed where it was spoken")] = None
    capacity: Capacity = Capacity.SELF
    guardian: Annotated[NameText | None, Field(description="needed where a guardian speaks")] = None
    guardian_relationship: Annotated[
        Annotated[str, KnownCode("guardian_relationship")] | None,
        Field(description="needed where a guardian speaks; kept sealed"),
    ] = None
    decided_by: Annotated[
        OrganisationId | None,
        Field(description="who determined her best interests, where nobody is her guardian"),
    ] = None
    assent: Annotated[Assent, Field(description="the child's own answer")] = Assent.NOT_ASKED
    interpreter: NameText | None = None
    interpreter_undertaking: Annotated[
        bool, Field(description="the interpreter undertook confidentiality")
    ] = False
    withdrawal_method: WithdrawalMethod = WithdrawalMethod.TELL_ANY_WORKER
    legal_basis: ConsentBasis = LegalBasis.CONSENT
    valid_until: GivenInstant

    def terms(self, _: datetime) -> Terms:
        return Terms(
            purposes=_once(self.purposes),
            recipients=tuple(Recipient(r.organisation, r.country) for r in self.recipients),
            categories=_once(self.categories),
            back_categories=_once(self.back_categories),
            notice_version=self.notice_version,
            language=self.language,
            risks_explained=self.risks_explained,
            method=self.method,
            capacity=self.capacity,
            assent=self.assent,
            interpreted=self.interpreter is not None,
            interpreter_undertaking=self.interpreter_undertaking,
            withdrawal_method=self.withdrawal_method,
            legal_basis=self.legal_basis,
            valid_until=self.valid_until,
            decided_by=self.decided_by,
            notice_language=None if self.notice_language == self.language else self.notice_language,
        )

    def names(self) -> dict[str, str]:
        return {what: name for what in NAMES if (name := getattr(self, what)) is not None}


class GivenForm(AgreedForm):
    """She agreed."""

    decision: Literal["given"]


class RefusedForm(Form):
    """She said no. Nothing else is needed; the question that she was asked may stand beside it, so that nobody asks
    her unknowingly.
    """

    decision: Literal["refused"]
    purposes: Annotated[list[Purpose], Field(max_length=10)] = []
    recipients: Annotated[list[RecipientForm], Field(max_length=20)] = []
    categories: Annotated[list[Category], Field(max_length=20)] = []
    notice_version: NoticeVersion | None = None
    language: Language | None = None

    def terms(self, now: datetime) -> Terms:
        """The terms of a refusal, which permit nothing from this moment on."""
        return Terms(
            purposes=_once(self.purposes),
            recipients=tuple(Recipient(r.organisation, r.country) for r in self.recipients),
            categories=_once(self.categories),
            back_categories=(),
            notice_version=self.notice_version,
            language=self.language,
            risks_explained=False,
            method=None,
            capacity=Capacity.SELF,
            assent=Assent.NOT_ASKED,
            interpreted=False,
            interpreter_undertaking=False,
            withdrawal_method=WithdrawalMethod.TELL_ANY_WORKER,
            legal_basis=LegalBasis.CONSENT,
            valid_until=now,
        )

    def names(self) -> dict[str, str]:
        return {}


AnswerForm = Annotated[GivenForm | RefusedForm, Field(discriminator="decision")]
"""Her answer, either way."""


class ConfirmForm(Form):
    """The second person's findings: who this speaker is, what they are to the child, and what they have to do with
    the case.
    """

    not_involved: Annotated[
        Literal[True], Field(description="nothing is known that ties them to what was done to the child")
    ]


def _once(codes: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(codes)))
