"""What returns says: each move of each half of an assisted voluntary return."""

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


class ReturnDecidedV1(_ReturnMoved):
    """Her own decision, informed and recorded by a worker."""

    type: ClassVar[str] = "return.decided.v1"


class ReturnAssessedV1(_ReturnMoved):
    """The result is a code and may cross the border; its grounds are hers."""

    type: ClassVar[str] = "return.assessed.v1"
    result: Annotated[str, Code("risk_result")]
    grounds: Sealed | None = None


class ReturnBlockedV1(_ReturnMoved):
    type: ClassVar[str] = "return.blocked.v1"
    reason: Annotated[str, Code("return_block")]


class ReturnClearedV1(_ReturnMoved):
    type: ClassVar[str] = "return.cleared.v1"


class ReturnDepartedV1(_ReturnMoved):
    type: ClassVar[str] = "return.departed.v1"


class ReturnArrivedV1(_ReturnMoved):
    type: ClassVar[str] = "return.arrived.v1"


class ReturnClosedV1(_ReturnMoved):
    type: ClassVar[str] = "return.closed.v1"
    outcome: Annotated[str, Code("return_outcome")]


class ReturnWithdrawnV1(_ReturnMoved):
    """By the person, at any time before departure; no reason is asked."""

    type: ClassVar[str] = "return.withdrawn.v1"
