"""The events of intake: cases and their assignment, identification, needs, holds, and the closing of received fields."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.casefile.reference import CaseReference
from contracts.envelope import Event, Sealed
from contracts.types import CaseId, Code, Instant, LawReference, OrganisationId, Pseudonym, VersionLabel


class CaseOpenedV1(Event):
    type: ClassVar[str] = "case.opened.v1"
    case_id: CaseId
    person_id: UUID
    channel: Annotated[str, Code("channel")]
    organisation: OrganisationId
    urgency: Annotated[str, Code("urgency")]
    opened_at: Instant


class CaseReferencedV1(Event):
    """The reference by which persons of this cell name the case (contracts/casefile/reference.py). Said once for each
    case.
    """

    type: ClassVar[str] = "case.referenced.v1"
    case_id: CaseId
    reference: CaseReference


class CaseReopenedV1(Event):
    """She was erased here and is referred again: the same case, and from now on her data is under the key of `person_id`."""

    type: ClassVar[str] = "case.reopened.v1"
    case_id: CaseId
    person_id: UUID


class ErasureRequestedV1(Event):
    """She asked that everything about her be erased. A second person decides; her reason is sealed at intake."""

    type: ClassVar[str] = "erasure.requested.v1"
    case_id: CaseId
    erasure_id: UUID


class ErasureCancelledV1(Event):
    """She does not want it any more."""

    type: ClassVar[str] = "erasure.cancelled.v1"
    case_id: CaseId
    erasure_id: UUID


class ErasureRefusedV1(Event):
    """A second person named the law that has everything kept. Nothing was erased."""

    type: ClassVar[str] = "erasure.refused.v1"
    case_id: CaseId
    erasure_id: UUID
    law: LawReference


class ErasureConfirmedV1(Event):
    """Two persons decided, as she asked, that everything about her goes. From now on nobody reads or writes about her in
    this case, and each service releases what it keeps under her key. Protective.
    """

    type: ClassVar[str] = "erasure.confirmed.v1"
    case_id: CaseId
    erasure_id: UUID


class CaseErasedV1(Event):
    """The key of the case's person is destroyed: as she asked, or because everything came from abroad and was recalled.

    Complete when the wrapping key of `epoch` is destroyed too.
    """

    type: ClassVar[str] = "case.erased.v1"
    case_id: CaseId
    at: Instant
    epoch: VersionLabel


class EpochEndedV1(Event):
    """The wrapping key of an epoch of the vault is destroyed, and with it every erasure of its time is complete. The attribute `actor` is who
    ended it. Stream `epochs`.
    """

    type: ClassVar[str] = "epoch.ended.v1"
    epoch: VersionLabel
    erasures: Annotated[int, Field(description="the erasures that are complete with it")]


class CaseAssignedV1(Event):
    """The whole assignment of a case as it now stands; it replaces the one of the event before. `import_id`: the case
    came with a file.
    """

    type: ClassVar[str] = "case.assigned.v1"
    case_id: CaseId
    organisation: OrganisationId
    workers: tuple[Pseudonym, ...]
    import_id: UUID | None = None


class CaseCoveredV1(Event):
    """Whoever covers for a worker of the case who is on leave, as it now stands; empty: nobody, any more. It follows an assignment,
    which names no cover.
    """

    type: ClassVar[str] = "case.covered.v1"
    case_id: CaseId
    organisation: OrganisationId
    workers: tuple[Pseudonym, ...]
    covers: tuple[Pseudonym, ...]


class CaseClosedV1(Event):
    """Nobody of the organisation works on the case any more. The reason is sealed at intake; what protects her goes on."""

    type: ClassVar[str] = "case.closed.v1"
    case_id: CaseId


class CaseResumedV1(Event):
    """A case that was closed is worked on again: a person said so, or something about her came."""

    type: ClassVar[str] = "case.resumed.v1"
    case_id: CaseId


class CaseTransferredV1(Event):
    """`recipient` took the case over by transfer. Nobody of `organisation` reads or changes it any more."""

    type: ClassVar[str] = "case.transferred.v1"
    case_id: CaseId
    referral_id: UUID
    organisation: OrganisationId
    recipient: OrganisationId
    at: Instant


class AgeGroupChangingV1(Event):
    """A child comes of age within thirty days, by a date of birth that somebody recorded. The day is not said."""

    type: ClassVar[str] = "age_group.changing.v1"
    case_id: CaseId


class AgeGroupKnownV1(Event):
    """Her age group and its basis: child or adult. Said when a case opens, when the group changes, and when she turns
    eighteen.

    A group and never an age. A person who is not shown to be adult is a child.
    """

    type: ClassVar[str] = "age_group.known.v1"
    case_id: CaseId
    age_group: Annotated[str, Code("age_group")]
    basis: Annotated[str, Code("age_basis")]


class FlagsRecordedV1(Event):
    """The urgent flags as they now stand; they replace the flags of the event before. `flags` is the JSON of a list
    of codes.

    Bound in the vault to the person, the class `case.flags` and the case. `raised` says whether any flag stands now,
    for services that cannot open them, and `added` whether any of them did not stand before; an event from before
    these two members counts as both.
    """

    type: ClassVar[str] = "flags.recorded.v1"
    case_id: CaseId
    flags: Sealed
    raised: bool | None = None
    added: bool | None = None


class FieldsRecordedV1(Event):
    """Fields of the person were changed here: the names of the fields, never a value. The old values stay sealed."""

    type: ClassVar[str] = "fields.recorded.v1"
    case_id: CaseId
    revision: int
    fields: tuple[Annotated[str, Code("field")], ...] = ()
    removed: tuple[Annotated[str, Code("field")], ...] = ()


class CaseUnattendedV1(Event):
    """An alarm: nobody opened the case in the time of its urgency, or nobody is left who can open it.

    `import_id`: the case came with a file and was given to nobody since.
    """

    type: ClassVar[str] = "case.unattended.v1"
    case_id: CaseId
    organisation: OrganisationId
    urgency: Annotated[str, Code("urgency")]
    reason: Annotated[str, Code("unattended_reason")]
    since: Instant
    import_id: UUID | None = None


class CaseScreenedV1(Event):
    """`corrects`: the screening that this one takes the place of; it stays."""

    type: ClassVar[str] = "case.screened.v1"
    case_id: CaseId
    screening_id: UUID
    checklist: Annotated[str, Code("checklist")]
    checklist_version: VersionLabel
    result: Sealed
    corrects: UUID | None = None


class DraftRaisedV1(Event):
    """An urgent flag was noted in a begun intake. `case_id` is that of the case which it will open; nobody has one yet."""

    type: ClassVar[str] = "draft.raised.v1"
    case_id: CaseId
    draft_id: UUID
    organisation: OrganisationId


class DraftUnfinishedV1(Event):
    """A draft stands open for longer than the reminder of its urgency. Of an intake, there is no case of that identifier yet."""

    type: ClassVar[str] = "draft.unfinished.v1"
    case_id: CaseId
    draft_id: UUID
    organisation: OrganisationId
    since: Instant


class DraftAbandonedV1(Event):
    """A draft was given up; of an intake there will be no case of that identifier, unless it is resumed in time."""

    type: ClassVar[str] = "draft.abandoned.v1"
    case_id: CaseId
    draft_id: UUID
    organisation: OrganisationId


class CaseIdentifiedV1(Event):
    """Formal status as a person decided it; the status itself is sensitive (HTCDS vic_TraffickingStatus)."""

    type: ClassVar[str] = "case.identified.v1"
    case_id: CaseId
    revision: int
    deciding_organisation: Annotated[str, Code("vic_TraffickingStatusDecisionMakingOrg")]
    status: Sealed


class NeedsAssessedV1(Event):
    type: ClassVar[str] = "needs.assessed.v1"
    case_id: CaseId
    assessment_id: UUID
    urgency: Annotated[str, Code("urgency")]
    needs: Sealed


class HoldPlacedV1(Event):
    """A hold on removal was placed. The reason is not said."""

    type: ClassVar[str] = "hold.placed.v1"
    case_id: CaseId
    hold_id: UUID
    until: Instant


class HoldLiftedV1(Event):
    type: ClassVar[str] = "hold.lifted.v1"
    case_id: CaseId
    hold_id: UUID


class LimitPassedV1(Event):
    """Somebody has opened more distinct cases in a day than pass in silence. `case_id` is the first beyond the limit.

    Nothing is refused for it: in an emergency people read. A supervisor of the organisation that has the case is
    told.
    """

    type: ClassVar[str] = "limit.passed.v1"
    case_id: CaseId
    limit: Annotated[int, Field(ge=1, le=100_000)]


class GlassBrokenV1(Event):
    """Somebody without a right to the case opened the least of it, in an emergency, until then. `organisation` has
    the case.

    Its supervisors are told at once and review it within 72 hours. The attributes name the person who did it; the
    reason is sealed at intake.
    """

    type: ClassVar[str] = "glass.broken.v1"
    case_id: CaseId
    organisation: OrganisationId
    glass_id: UUID
    until: Instant


class GlassReviewedV1(Event):
    """A supervisor of the organisation that has the case said whether breaking the glass was right. The last review
    counts.
    """

    type: ClassVar[str] = "glass.reviewed.v1"
    case_id: CaseId
    glass_id: UUID
    upheld: bool


class PairDecidedV1(Event):
    """Somebody decided whether two cases of one organisation are of one person, or took that back. Said for each of the two.

    Nothing moves between them: consents, referrals and what was received stay with the case that they are of. `leads`: the
    case leads the other, in which work on her goes on.
    """

    type: ClassVar[str] = "pair.decided.v1"
    case_id: CaseId
    other_case_id: CaseId
    decision: Annotated[str, Code("pair_decision")]
    pair_reason: Annotated[str, Code("pair_reason")]
    leads: bool


class DependantsChangedV1(Event):
    """Somebody was linked with the case, because one depends on the other, or is no more, left or is back. Said for each of the two,
    and for each case that is merged with one, and for none with the other's identifier. `linked_here`: a person who is linked with this one is in an open case now.
    """

    type: ClassVar[str] = "dependants.changed.v1"
    case_id: CaseId
    link_id: UUID
    change: Annotated[str, Code("dependant_change")]
    linked_here: bool


class DisclosureClosedV1(Event):
    """Fields received from abroad are closed after a recall; `answer` is what this cell tells the sender."""

    type: ClassVar[str] = "disclosure.closed.v1"
    case_id: CaseId
    disclosure_id: UUID
    answer: Annotated[str, Code("recall_answer")]
    law: LawReference | None = None
