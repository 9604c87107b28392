"""The facts of a case, as its verbs return them; `outgoing` makes events and work of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CaseOpened:
    case_id: UUID
    person_id: UUID
    channel: str
    organisation: str
    urgency: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class CaseReferenced:
    """The reference that the case was given, by which persons name it."""

    case_id: UUID
    reference: str


@dataclass(frozen=True, slots=True)
class CaseReopened:
    """She was erased here and is referred again, under a new identifier."""

    case_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class CaseAssigned:
    case_id: UUID
    organisation: str
    workers: tuple[str, ...]
    import_id: UUID | None = None
    """The file that the case came with, among many others."""


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """Nobody works on the case any more. The reason is sealed."""

    case_id: UUID


@dataclass(frozen=True, slots=True)
class CaseResumed:
    """A case that was closed is worked on again: somebody said so, or something about her came."""

    case_id: UUID


@dataclass(frozen=True, slots=True)
class CaseTransferred:
    """`recipient` has the case now, under one of its own."""

    case_id: UUID
    referral_id: UUID
    organisation: str
    recipient: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldsDue:
    """The holds of a case that was handed over go to the case that was opened for its recipient."""

    case_id: UUID
    referral_id: UUID


@dataclass(frozen=True, slots=True)
class TasksDue:
    """Something changed from which tasks of the case follow: its urgent flags, its workers, its end. `mark` tells one
    change from another.
    """

    case_id: UUID
    mark: str


@dataclass(frozen=True, slots=True)
class AgeGroupChanging:
    """A child comes of age soon; the day is not said."""

    case_id: UUID


@dataclass(frozen=True, slots=True)
class AgeGroupKnown:
    """The codes of `age_group` and `age_basis`; never an age."""

    case_id: UUID
    group: str
    basis: str


@dataclass(frozen=True, slots=True)
class ReceivedAgeDue:
    """A date of birth came with a disclosure: it is opened outside the transaction."""

    case_id: UUID
    disclosure_id: UUID


@dataclass(frozen=True, slots=True)
class FieldsRecorded:
    """Fields of the person changed: their names, never their values."""

    case_id: UUID
    revision: int
    fields: tuple[str, ...]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlagsRecorded:
    """`flags` is ciphertext: a flag says something about the person. `raised`: any of them stands; `added`: one that did not."""

    case_id: UUID
    flags: str
    raised: bool
    added: bool


@dataclass(frozen=True, slots=True)
class DisclosureClosed:
    """Fields from abroad are closed; `answer` is a code of `recall_answer`."""

    case_id: UUID
    disclosure_id: UUID
    answer: str
    law: str | None = None


@dataclass(frozen=True, slots=True)
class IndexDue:
    """Received values about the person's name or date of birth came or went with this disclosure."""

    case_id: UUID
    disclosure_id: UUID
    closed: bool = False


@dataclass(frozen=True, slots=True)
class KeyUnneeded:
    """Values were deleted, and this case needs the person's key no longer. The register of the vault says whether any
    other record does.
    """

    case_id: UUID
    person_id: UUID
    disclosure_id: UUID


@dataclass(frozen=True, slots=True)
class ValuesDeleted:
    """Values of a disclosure were deleted, in a case that goes on: the register of the vault knows it no longer."""

    person_id: UUID
    disclosure_id: UUID


@dataclass(frozen=True, slots=True)
class CaseUnattended:
    """Nobody opened the case in the time of its urgency, or nobody is left who can. `reason` is of `unattended_reason`."""

    case_id: UUID
    organisation: str
    urgency: str
    reason: str
    since: datetime
    import_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReceivedFlagsDue:
    """Urgent flags came with this disclosure, under the person's key: they are to be opened."""

    case_id: UUID
    disclosure_id: UUID


@dataclass(frozen=True, slots=True)
class StaffChanged:
    """The staff changed of an organisation whose cases must be looked through."""

    organisation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CasesLeft:
    """An organisation is suspended; whatever cases it has go to this supervisor."""

    organisation: str
    to_organisation: str
    to: str
    at: datetime


@dataclass(frozen=True, slots=True)
class GlassBroken:
    """Somebody without a right to the case opened the least of it; `organisation` has the case."""

    case_id: UUID
    glass_id: UUID
    organisation: str
    until: datetime


@dataclass(frozen=True, slots=True)
class GlassReviewed:
    case_id: UUID
    glass_id: UUID
    upheld: bool


@dataclass(frozen=True, slots=True)
class PairDecided:
    """Somebody decided whether a case and another are of one person; said for each of the two. `leads`: it leads the other."""

    case_id: UUID
    other_case_id: UUID
    decision: str
    reason: str
    leads: bool


@dataclass(frozen=True, slots=True)
class DependantsChanged:
    """Somebody was linked with the case or no more, left or is back; `here`: a linked person is in an open case."""

    case_id: UUID
    link_id: UUID
    change: str
    here: bool


CaseFact = (
    CaseOpened
    | CaseReferenced
    | CaseReopened
    | CaseAssigned
    | CaseClosed
    | CaseResumed
    | CaseTransferred
    | HoldsDue
    | TasksDue
    | AgeGroupChanging
    | AgeGroupKnown
    | ReceivedAgeDue
    | ReceivedFlagsDue
    | FieldsRecorded
    | FlagsRecorded
    | DisclosureClosed
    | IndexDue
    | KeyUnneeded
    | ValuesDeleted
    | CaseUnattended
    | StaffChanged
    | CasesLeft
    | GlassBroken
    | GlassReviewed
    | PairDecided
    | DependantsChanged
)
