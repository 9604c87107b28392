"""Referrals as far as they came, and returns as far as they came: each ends in the state that it is told."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from chassis.clock import day_of
from corridor.client import Person
from corridor.journey import FIELDS
from corridor.seed.asking import ask, confirm_guardian
from corridor.seed.life import REFERRALS, RETURNS, Life
from corridor.seed.opening import assess_needs, offered, walk_in
from corridor.seed.staff import Helper

REASONS = ("no-capacity", "language-not-served", "additional-assessment-required", "not-eligible")
Step = tuple[str, Any]
TAKEN: tuple[Step, ...] = (("accept", None), ("start", None))
ANSWERS: Mapping[str, tuple[Step, ...]] = MappingProxyType(
    {
        "received": (),
        "accepted": TAKEN[:1],
        "in_progress": TAKEN,
        "on_hold": (*TAKEN, ("hold", {"reason": "awaiting-documents"})),
        "completed": (*TAKEN, ("complete", {"outcome": "service-delivered"})),
        "failed": (*TAKEN[:1], ("fail", {"reason": "person-not-reached"})),
    }
)
"""The moves of the receiver until its half stands there."""


async def refer(life: Life, helper: Helper, state: str) -> None:
    """A referral of her case to a helper, up to this state."""
    worker, body = life.here["worker"], _asked(life, helper)
    referral = await life.post(worker, REFERRALS, body, waits=True)
    path = f"{REFERRALS}/{referral}"
    if state == "draft":
        return
    if state == "entered_in_error":
        await life.post(worker, f"{path}/correct")
        return
    await _previewed(life, worker, path)
    await life.post(worker, f"{path}/send", waits=True)
    await offered(life, helper.receives, referral)
    if state == "cancelled":
        await life.post(worker, f"{path}/cancel")
    elif state == "rejected":
        await life.post(helper.receives, f"{path}/reject", {"reason": life.chance.choice(REASONS)})
    else:
        for verb, said in ANSWERS[state]:
            await life.post(helper.receives, f"{path}/{verb}", said)


def _asked(life: Life, helper: Helper) -> dict[str, Any]:
    return {
        "case_id": life.case,
        "recipient": helper.organisation,
        "service": life.chance.choice(helper.services),
        "purpose": helper.purpose,
        "urgency": life.chance.choices(("immediate", "urgent", "routine"), (1, 3, 3))[0],
        "fields": [*FIELDS],
    }


async def _previewed(life: Life, worker: Person, path: str) -> None:
    """Look at what would be sent, until consent knows the agreement under which it is."""

    async def shown() -> str | None:
        seen = await worker.get(f"{path}/preview")
        return "seen" if seen["refusal"] is None else None

    await life.until(shown, "a preview")


async def referred(
    life: Life, abroad: str = "", neighbour: str = "", beside: str = "", *, child: bool = False
) -> None:
    """Somebody is referred to the agency abroad, to another organisation there, to one in the same country: each up to a state."""
    helpers = [
        (life.away.agency, abroad),
        (life.away.neighbour, neighbour),
        (life.here.neighbour, beside),
    ]
    asked = [(helper, state) for helper, state in helpers if state]
    life.case = await walk_in(life, child=child)
    await assess_needs(life)
    await ask(life, *(helper for helper, _ in asked), child=child)
    if child:
        await confirm_guardian(life)
    for helper, state in asked:
        await refer(life, helper, state)


class ReturnJourney:
    """A return to the agency abroad. Each method is one step, and rests on those before it."""

    def __init__(self, life: Life) -> None:
        self._life, self._path = life, ""
        self._worker, self._supervisor = life.here["worker"], life.here["supervisor"]
        self._receives = life.away["worker"]

    async def to(self, state: str) -> None:
        for step in WAYS[state]:
            await getattr(self, step)()

    async def request(self) -> None:
        receiver = self._life.away.agency
        body = {
            "case_id": self._life.case,
            "receiver": receiver.organisation,
            "receiver_cell": receiver.cell,
        }
        made = await self._life.post(self._worker, RETURNS, body, waits=True)
        self._path = f"{RETURNS}/{made}"

    async def counsel(self) -> None:
        await self._by_worker("counsel")

    async def decide(self) -> None:
        await self._by_worker("decide", {"informed": True, "own_will": True})
        await self._by_worker("confirm", {"own_will": True})

    async def assess(self) -> None:
        grounds = "Family visited by the partner; the recruiter is in custody."
        await self._by_worker("assess", {"result": "safe", "grounds": grounds})

    async def prepare(self) -> None:
        today = day_of(self._life.began, self._life.here.country.zone)
        await self._by_worker("fitness", {"fit": True, "assessed_on": str(today)})
        await self._by_worker(
            "checks", {"check": "passport", "valid_until": str(today + timedelta(days=365))}
        )

    async def clear(self) -> None:
        await self._life.post(self._supervisor, f"{self._path}/clear", waits=True)

    async def depart(self) -> None:
        await self._depart(hours=8)

    async def depart_late(self) -> None:
        """Expected in a moment, after which nobody says that she arrived."""
        await self._depart(seconds=5)

    async def suspend(self) -> None:
        await self._by_worker("suspend", {"reason": "awaiting-documents"})

    async def withdraw(self) -> None:
        await self._by_worker("withdraw")

    async def turn_back(self) -> None:
        await self._by_worker("turn-back")

    async def under_way(self) -> None:
        """Wait until the receiver has heard of the departure."""
        await self._life.comes(self._receives, RETURNS, self._path.removeprefix(f"{RETURNS}/"), "departed")

    async def miss(self) -> None:
        await self._by_receiver("miss")

    async def arrive(self) -> None:
        await self._by_receiver("arrive")

    async def close(self) -> None:
        await self._by_receiver("close", {"outcome": "reintegrated"})

    async def _depart(self, **later: float) -> None:
        def journey() -> dict[str, str]:
            expected = datetime.now(UTC) + timedelta(**later)
            return {"expected_at": expected.isoformat(), "handover": "land-border"}

        await self._life.post(self._worker, f"{self._path}/depart", journey, waits=True)

    async def _by_worker(self, verb: str, body: Any = None) -> None:
        await self._life.post(self._worker, f"{self._path}/{verb}", body)

    async def _by_receiver(self, verb: str, body: Any = None) -> None:
        await self._life.post(self._receives, f"{self._path}/{verb}", body, waits=True)


_DECIDED = ("request", "counsel", "decide")
_CLEARED = (*_DECIDED, "prepare", "assess", "clear")
_ARRIVED = (*_CLEARED, "depart", "under_way", "arrive")
WAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "requested": _DECIDED[:1],
        "counselled": _DECIDED[:2],
        "decided": _DECIDED,
        "assessed": (*_DECIDED, "assess"),
        "suspended": (*_DECIDED, "suspend"),
        "withdrawn": (*_DECIDED, "withdraw"),
        "cleared": _CLEARED,
        "departed": (*_CLEARED, "depart_late"),
        "missed": (*_CLEARED, "depart", "under_way", "miss"),
        "turned_back": (*_CLEARED, "depart", "turn_back"),
        "arrived": _ARRIVED,
        "closed": (*_ARRIVED, "close"),
    }
)
"""The steps by which a return comes to a state."""


async def returned(life: Life, states: Sequence[str]) -> None:
    """Somebody whom the agency abroad expects goes home, or gets as far as this; after a withdrawal once more. Until she is there the referral
    does not end: nobody would wait for her.
    """
    await referred(life, "accepted")
    for state in states:
        await ReturnJourney(life).to(state)
