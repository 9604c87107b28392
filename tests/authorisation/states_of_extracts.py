"""Requests for the other half of a case, ours and the partner's, in every state in which they may be found."""

from services.audit.domain.extract import ExtractState
from tests.authorisation.table import EXTRACT
from tests.authorisation.thing import Thing, as_made, asked
from tests.authorisation.worlds import Audit, Made

EXTRACTS = "/v1/extracts"
REFUSE = ("auditor", "POST", f"{EXTRACT}/refuse", {"reason": "own-inquiry"})
WITHDRAW = ("auditor", "POST", f"{EXTRACT}/withdraw", {})


async def _releasing(world: Audit) -> Made:
    made = await world.extract_asked()
    await world.ask("auditor", "POST", f"{EXTRACT}/release".format(**made), {"position": made["position"]})
    return made


async def _released(world: Audit) -> Made:
    made = await _releasing(world)
    await world.harness.work()
    return made


EXTRACT_THINGS = (
    Thing("audit", EXTRACTS, as_made("crossed"), commands=frozenset({EXTRACTS})),
    Thing(
        "audit",
        EXTRACT,
        {
            **as_made("extract_asked", "extract_asked_in_vain", "extract_own"),
            "releasing": _releasing,
            "released": _released,
            "refused": asked("extract_asked", REFUSE),
            "withdrawn": asked("extract_own", WITHDRAW),
        },
        frozenset(ExtractState),
    ),
)
