"""The content of an envelope as plain data: claims, and items of the three classes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Discriminator

from contracts.border.extract import Extract, ExtractRefusal, ExtractRequest
from contracts.casefile.fields import FieldValue
from contracts.disclosure import REFERRAL
from contracts.grant import Grant, terms_of

CODE_LISTS = "1"
"""The version of the code lists that we speak."""

MAX_ITEMS = 100
MAX_CONTROL_ITEMS = 10
"""The most control items of one envelope: each may ask for much, and an honest partner puts each into an envelope of
its own.
"""

MAX_SERVICES = 200
"""The most services of one organisation in a listing for a partner."""

MAX_RESENT = 10
"""The most numbers that one request for a resend may ask for."""


class ItemClass(StrEnum):
    """Control always passes, process codes need the agreement, a disclosure needs a seal token besides."""

    CONTROL = "control"
    PROCESS = "process"
    DISCLOSURE = "disclosure"


@dataclass(frozen=True, slots=True)
class AgreementReference:
    id: str
    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ConsentReference:
    """Her consent, as far as the recipient must know it. `back` names what may be disclosed to the sender."""

    receipt: UUID
    revision: int
    sha256: str
    purpose: str
    categories: tuple[str, ...]
    expiry: datetime
    back: tuple[str, ...]
    guardian: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof that the disclosure stood in the sender's log before it was sealed."""

    entry: int
    chain_head: str
    type: str = "chain-head"


@dataclass(frozen=True, slots=True)
class DisclosureContent:
    disclosure_id: UUID
    referral_id: UUID
    service: str
    urgency: str
    agreement: AgreementReference
    consent: ConsentReference
    legal_basis: str
    fields: tuple[str, ...]
    data: Mapping[str, FieldValue]
    proof: Proof | None
    kind: str = REFERRAL
    basis: str | None = None
    """The basis where that is not her consent (code list `disclosure_basis`), and the law that allows it."""
    law: str | None = None

    def grant(self, recipient: str) -> Grant:
        """The terms under which its recipient may use the fields; terms of the same name go over by themselves."""
        return Grant(
            **terms_of(Grant, self),
            recipient=recipient,
            consent_revision=self.consent.revision,
            consent_sha256=self.consent.sha256,
            agreement_id=self.agreement.id,
            agreement_version=self.agreement.version,
            purpose=self.consent.purpose,
            back_categories=self.consent.back,
            valid_until=self.consent.expiry,
        )


@dataclass(frozen=True, slots=True)
class Journey:
    """A departure: when she is expected, at what kind of place she is handed over, and whether somebody is with her."""

    expected_at: datetime
    handover: str
    escorted: bool


@dataclass(frozen=True, slots=True)
class ProcessContent:
    """A code about the sender's half of a referral or return; `subject_id` names it. A departure has a journey."""

    agreement: AgreementReference
    code: str
    subject_id: UUID
    at: datetime
    reason: str | None = None
    journey: Journey | None = None


Outcome = Literal["accepted", "refused", "quarantined"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to one disclosure or process item: accepted, refused with a code, or quarantined."""

    item_id: UUID
    envelope_id: UUID
    outcome: Outcome
    at: datetime
    code: str | None = None
    kind: Literal["receipt"] = "receipt"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to an envelope whose items are not known to the one who refuses it; the hash is of the raw bytes."""

    sha256: str
    code: str
    partition: int
    offset: int
    kind: Literal["refusal"] = "refusal"


@dataclass(frozen=True, slots=True)
class Recall:
    disclosure_id: UUID
    referral_id: UUID
    reason: str
    kind: Literal["recall"] = "recall"


@dataclass(frozen=True, slots=True)
class Correction:
    """Fields of a disclosure that have other values by now, where none is sent any more: names alone."""

    disclosure_id: UUID
    referral_id: UUID
    fields: tuple[str, ...]
    kind: Literal["correction"] = "correction"


@dataclass(frozen=True, slots=True)
class Answer:
    disclosure_id: UUID
    answer: str
    law: str | None = None
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True)
class Presence:
    """How far the sender has read our topic, and the last number that it gave out for each of our organisations."""

    read: Mapping[int, int]
    heads: Mapping[str, int]
    kind: Literal["presence"] = "presence"


@dataclass(frozen=True, slots=True)
class Resend:
    """Something did not arrive whole: numbers that are missing, or an envelope at an offset that cannot be read.

    `until` is the last of a run of numbers that begins with `seq`; without it `seq` is the only one.
    """

    recipient: str | None = None
    seq: int | None = None
    until: int | None = None
    partition: int | None = None
    offset: int | None = None
    sha256: str | None = None
    kind: Literal["resend"] = "resend"

    @property
    def numbers(self) -> range:
        """The numbers asked for, at most MAX_RESENT of them however many the request names."""
        if self.seq is None:
            return range(0)
        last = self.seq if self.until is None else self.until
        return range(self.seq, min(last, self.seq + MAX_RESENT - 1) + 1)


@dataclass(frozen=True, slots=True)
class Void:
    """Nothing will come under this number: what stood there was recalled, or was received after all."""

    recipient: str
    seq: int
    kind: Literal["void"] = "void"


@dataclass(frozen=True, slots=True)
class ListedService:
    """One service of an organisation: codes alone, as both sides may show it to anybody."""

    service_id: str
    service: str
    status: str
    capacity: str


@dataclass(frozen=True, slots=True)
class Listing:
    """An organisation of the sender's cell as its directory now has it. A higher version replaces a lower one."""

    organisation: str
    version: int
    role: str
    status: str
    services: tuple[ListedService, ...]
    org_type: str | None = None
    kind: Literal["listing"] = "listing"


ControlContent = Annotated[
    Receipt
    | Refusal
    | Recall
    | Correction
    | Answer
    | Presence
    | Resend
    | Void
    | Listing
    | ExtractRequest
    | ExtractRefusal
    | Extract,
    Discriminator("kind"),
]


@dataclass(frozen=True, slots=True)
class ControlItem:
    """About envelopes and disclosures themselves, between the authorities of two cells. A recall names its case."""

    id: UUID
    control: ControlContent
    reference: UUID | None = None
    code_lists: str = CODE_LISTS
    traceparent: str | None = None
    item_class: Literal[ItemClass.CONTROL] = ItemClass.CONTROL


@dataclass(frozen=True, slots=True)
class ProcessItem:
    """A move of the sender's half. `reference` is the case as its two organisations name it to each other."""

    id: UUID
    reference: UUID
    process: ProcessContent
    code_lists: str = CODE_LISTS
    traceparent: str | None = None
    item_class: Literal[ItemClass.PROCESS] = ItemClass.PROCESS

    @property
    def agreement(self) -> AgreementReference:
        return self.process.agreement


@dataclass(frozen=True, slots=True)
class DisclosureItem:
    """Fields of a person, as she agreed. `reference` is the case as its two organisations name it to each other."""

    id: UUID
    reference: UUID
    disclosure: DisclosureContent
    code_lists: str = CODE_LISTS
    traceparent: str | None = None
    item_class: Literal[ItemClass.DISCLOSURE] = ItemClass.DISCLOSURE

    @property
    def agreement(self) -> AgreementReference:
        return self.disclosure.agreement


Item = Annotated[ControlItem | ProcessItem | DisclosureItem, Discriminator("item_class")]


@dataclass(frozen=True, slots=True)
class Claims:
    """The signed body of an envelope. `prev` is the hash of the envelope before it to the same recipient.

    `seq` counts from 1 for each recipient; presence stands outside the count, with 0. `replaces` is the number
    of the envelope that this one is sent instead of.
    """

    iss: str
    aud: str
    jti: UUID
    iat: int
    exp: int
    seq: int
    prev: str
    items: tuple[Item, ...]
    replaces: int | None = None
    pad: str = field(default="", repr=False)

    @property
    def extract(self) -> Extract | None:
        """The part of an extract that an envelope is for: it stands alone, so that what was signed is this part and no more."""
        only = self.items[0] if len(self.items) == 1 else None
        content = only.control if isinstance(only, ControlItem) else None
        return content if isinstance(content, Extract) else None
