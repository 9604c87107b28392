"""The events of returns: each move of each half of an assisted voluntary return."""

from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event, Sealed
from contracts.types import CaseId, Cell, Code, Instant, OrganisationId


class _ReturnMoved(Event):
    """Both halves share `return_id`; `half` is `sending` where she leaves, `receiving` where she arrives."""

    type: ClassVar[str] = ""
    case_id: CaseId
    return_id: UUID
    half: Annotated[str, Code("return_half")]
    sender: OrganisationId
    receiver: OrganisationId
    receiver_cell: Cell
    at: Instant


class ReturnRequestedV1(_ReturnMoved):
    type: ClassVar[str] = "return.requested.v1"


class ReturnCounselledV1(_ReturnMoved):
    """She was told what awaits her, what stays open to her here, and that she may change her mind."""

    type: ClassVar[str] = "return.counselled.v1"


class ReturnDecidedV1(_ReturnMoved):
    """Her own decision, informed and recorded by a worker."""

    type: ClassVar[str] = "return.decided.v1"


class ReturnConfirmedV1(_ReturnMoved):
    """She was asked again, and stands by her decision."""

    type: ClassVar[str] = "return.confirmed.v1"


class ReturnCheckedV1(_ReturnMoved):
    """Something that a departure needs was recorded, or taken back (`standing` false). The finding itself is hers and
    is not said.
    """

    type: ClassVar[str] = "return.checked.v1"
    check: Annotated[str, Code("return_check")]
    standing: bool
    grounds: Sealed | None = None


class ReturnAssessedV1(_ReturnMoved):
    """A risk assessment. Its result is a code and may cross the border; its grounds are hers."""

    type: ClassVar[str] = "return.assessed.v1"
    result: Annotated[str, Code("risk_result")]
    grounds: Sealed | None = None


class ReturnBlockedV1(_ReturnMoved):
    """A clearance or a departure was tried and is not possible: `reason` is the first of `reasons`, which are all."""

    type: ClassVar[str] = "return.blocked.v1"
    reason: Annotated[str, Code("return_block")]
    reasons: tuple[Annotated[str, Code("return_block")], ...] = ()


class ReturnClearedV1(_ReturnMoved):
    """The sending half cleared the departure. `result` is of the risk assessment; its grounds never go with it."""

    type: ClassVar[str] = "return.cleared.v1"
    result: Annotated[str, Code("risk_result")] | None = None


class ReturnSuspendedV1(_ReturnMoved):
    type: ClassVar[str] = "return.suspended.v1"
    reason: Annotated[str, Code("return_suspension")]


class ReturnResumedV1(_ReturnMoved):
    """The return is prepared again and must be cleared again: after a suspension, a turning back, or a new risk
    assessment.
    """

    type: ClassVar[str] = "return.resumed.v1"


class ReturnDepartedV1(_ReturnMoved):
    """She departed: when she is expected, at what kind of place she is handed over, and whether somebody goes with
    her.
    """

    type: ClassVar[str] = "return.departed.v1"
    expected_at: Instant | None = None
    handover: Annotated[str, Code("handover_point")] | None = None
    escorted: bool | None = None


class ReturnOverdueV1(_ReturnMoved):
    """The time has passed at which she was expected, and nobody has recorded that she arrived or did not."""

    type: ClassVar[str] = "return.overdue.v1"
    expected_at: Instant


class ReturnMissedV1(_ReturnMoved):
    """She did not arrive: recorded by one half, followed by the other."""

    type: ClassVar[str] = "return.missed.v1"
    recorded_by: Annotated[str, Code("return_half")]


class ReturnTurnedBackV1(_ReturnMoved):
    """She was turned back on the way, and is where she left."""

    type: ClassVar[str] = "return.turned_back.v1"


class ReturnArrivedV1(_ReturnMoved):
    type: ClassVar[str] = "return.arrived.v1"


class ReturnClosedV1(_ReturnMoved):
    """A return was closed by the receiving half after her arrival, or by the sending half where she did not go. None:
    by the receiving half.
    """

    type: ClassVar[str] = "return.closed.v1"
    outcome: Annotated[str, Code("return_outcome")]
    recorded_by: Annotated[str, Code("return_half")] | None = None


class ReturnWithdrawnV1(_ReturnMoved):
    """She withdrew, at any time before she has arrived; no reason is asked."""

    type: ClassVar[str] = "return.withdrawn.v1"
