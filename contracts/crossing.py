"""The table of what crosses the border about a referral or a return: one row a process code, read by everybody who
needs to know of it.

Exchange tells by this table and checks by it, referral and returns follow by it, notify finds a half's organisation
in it, and the code lists `process` and `reason` are generated from it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, get_args

from contracts.envelope import Event
from contracts.events import referral, returns
from contracts.types import Code

OUTCOME: Final = "outcome"
"""The data category of an outcome: a field of it crosses only where the grant names it among those that may be
disclosed back.
"""


@dataclass(frozen=True, eq=False)
class Subject:
    """A thing with a half in each of two cells. `sides` maps each half to the field that names whose half it is."""

    publisher: str
    identifier: str
    sides: Mapping[str, str]

    def other(self, half: str) -> str:
        [other] = self.sides.keys() - {half}
        return other


REFERRAL: Final = Subject("referral", "referral_id", {"outgoing": "sender", "incoming": "recipient"})
RETURN: Final = Subject("returns", "return_id", {"sending": "sender", "receiving": "receiver"})

SIDES: Mapping[str, str] = MappingProxyType({**REFERRAL.sides, **RETURN.sides})
"""Half → the field that names the organisation whose half it is."""


@dataclass(frozen=True, eq=False)
class Crossing:
    """One process code. The half that makes the move tells it; the other half hears it, follows, and tells nobody.

    `verb` is the move, here and there; `label` says the code to a reader. `carries` is the field of the event whose code
    goes with it. With `either`, the event's `recorded_by` names the half that tells, and `tells` is meant where it is empty.
    `opens`: where the half that follows is not there yet, this opens it; so the worker is told if it cannot be sent.
    """

    event: type[Event]
    subject: Subject
    tells: str
    verb: str
    label: str
    carries: str | None = None
    either: bool = False
    opens: bool = False

    @cached_property
    def code(self) -> str:
        """The event's name without its version, so that both cells know the move by one name."""
        return self.event.type.rpartition(".")[0]

    @property
    def follows(self) -> str:
        """The half that follows; with `either`, whichever did not tell."""
        return self.subject.other(self.tells)

    @property
    def by_consent(self) -> bool:
        """True where the reason that goes with the code crosses only if her consent says so. The code itself always
        crosses.
        """
        return self.carries == OUTCOME

    @cached_property
    def reasons(self) -> str | None:
        """The list whose codes may go with this one: the one that the event's field names."""
        return None if self.carries is None else code_list(self.event, self.carries)

    def told_by(self, event: Any) -> bool:
        """True where the half that says this event is the one that tells the other."""
        told: str = (event.recorded_by or self.tells) if self.either else self.tells
        return told == str(event.half)

    def ends(self, event: Any) -> tuple[str, str]:
        """The organisation whose half says this event, and the one at the other end."""
        sides = self.subject.sides
        own: str = getattr(event, sides[event.half])
        other: str = getattr(event, sides[self.subject.other(event.half)])
        return own, other


CROSSINGS: tuple[Crossing, ...] = (
    Crossing(referral.ReferralAcceptedV1, REFERRAL, "incoming", "accept", "Referral accepted"),
    Crossing(referral.ReferralRejectedV1, REFERRAL, "incoming", "reject", "Referral rejected", "reason"),
    Crossing(referral.ReferralStartedV1, REFERRAL, "incoming", "start", "Service started"),
    Crossing(referral.ReferralHeldV1, REFERRAL, "incoming", "hold", "Service on hold", "reason"),
    Crossing(referral.ReferralResumedV1, REFERRAL, "incoming", "resume", "Service resumed"),
    Crossing(referral.ReferralCompletedV1, REFERRAL, "incoming", "complete", "Service completed", OUTCOME),
    Crossing(referral.ReferralFailedV1, REFERRAL, "incoming", "fail", "Service failed", "reason"),
    Crossing(
        referral.ReferralCancelledV1, REFERRAL, "outgoing", "cancel", "Referral cancelled by the sender"
    ),
    Crossing(returns.ReturnClearedV1, RETURN, "sending", "clear", "Return cleared", "result", opens=True),
    Crossing(returns.ReturnDepartedV1, RETURN, "sending", "depart", "Departed", opens=True),
    Crossing(returns.ReturnArrivedV1, RETURN, "receiving", "arrive", "Arrived"),
    Crossing(returns.ReturnClosedV1, RETURN, "receiving", "close", "Return closed", OUTCOME, either=True),
    Crossing(returns.ReturnWithdrawnV1, RETURN, "sending", "withdraw", "Return withdrawn by the person"),
    Crossing(returns.ReturnSuspendedV1, RETURN, "sending", "suspend", "Return suspended", "reason"),
    Crossing(
        returns.ReturnResumedV1,
        RETURN,
        "sending",
        "resume",
        "Return prepared again; it must be cleared again",
    ),
    Crossing(
        returns.ReturnMissedV1, RETURN, "receiving", "miss", "Did not arrive when expected", either=True
    ),
    Crossing(returns.ReturnTurnedBackV1, RETURN, "sending", "turn_back", "Turned back on the way"),
)

BY_EVENT: Mapping[type[Event], Crossing] = MappingProxyType({row.event: row for row in CROSSINGS})
BY_CODE: Mapping[str, Crossing] = MappingProxyType({row.code: row for row in CROSSINGS})


def code_list(event: type[Event], name: str) -> str:
    """The code list that a field of an event names. Raises ValueError for a field that names none."""
    field = event.model_fields[name]
    for meta in (*field.metadata, *_inside(field.annotation)):
        if isinstance(meta, Code):
            return meta.name
    raise ValueError(f"{event.__name__}.{name} is of no code list")


def _inside(annotation: Any) -> Iterator[Any]:
    """The metadata inside an optional field: `Annotated[str, Code("…")] | None`."""
    for argument in get_args(annotation):
        yield from getattr(argument, "__metadata__", ())
