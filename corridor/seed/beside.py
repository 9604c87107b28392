"""The rest of a country, beside cases: calls that are nobody's, incidents, a leave, a task of the team, changes that operators propose, a verified log."""

from datetime import timedelta
from typing import Any

from chassis.clock import day_of
from corridor.seed.casework import CALLS, TASKS
from corridor.seed.life import Life

INCIDENTS, PROPOSALS = "/intake/v1/incidents", "/directory/v1/proposals"


async def beside(life: Life) -> None:
    """Everything beside cases, in both countries."""
    for staff in (life.here, life.away):
        life.here = staff
        await _calls(life)
        await _incidents(life)
        await _team(life)
        await _proposals(life)
        await life.post(staff["auditor"], "/audit/v1/chain/verifications", {})


async def _calls(life: Life) -> None:
    worker, spoken = life.here["worker"], life.here.country.languages[0]
    callback = {
        "way": "telephone",
        "contact": "+000 555 0100",
        "safe": "After six; say that it is the library.",
    }
    told = "Her cousin is kept in a house by the harbour and cannot leave."
    asks: dict[str, Any] = {"kind": "help-for-another", "language": spoken, "text": told, "urgency": "urgent"}
    await life.post(worker, CALLS, asks | {"callback": callback})
    await life.post(worker, CALLS, {"kind": "own-help", "flags": ["immediate_danger"], "text": told})
    question = await life.post(worker, CALLS, {"kind": "question", "text": "What a work permit costs."})
    await life.post(worker, f"{CALLS}/{question}/close", {"reason": "information-given"})


async def _incidents(life: Life) -> None:
    worker, month = life.here["worker"], (life.began - timedelta(days=31)).strftime("%Y-%m")
    province = next(iter(life.here.country.provinces), None)
    seen = {"month": month, "province": province}
    await life.post(
        worker, INCIDENTS, seen | {"kind": "recruitment", "certainty": "likely", "with_all": True}
    )
    await life.post(worker, INCIDENTS, seen | {"kind": "confinement", "certainty": "unsure"})
    twice = await life.post(worker, INCIDENTS, seen | {"kind": "labour", "certainty": "confirmed"})
    await life.post(worker, f"{INCIDENTS}/{twice}/withdraw", {"reason": "told-twice"})


async def _team(life: Life) -> None:
    """The worker is away next week, and the supervisor covers."""
    worker, supervisor = life.here["worker"], life.here["supervisor"]
    monday = day_of(life.began, life.here.country.zone) + timedelta(days=7)
    leave = {
        "cover": supervisor.name,
        "first_day": str(monday),
        "last_day": str(monday + timedelta(days=4)),
    }
    await life.post(worker, "/intake/v1/leaves", leave)
    task = {
        "kind": "follow-up",
        "text": "Ask which rooms are free in the new year.",
        "due_at": life.at(days=5),
    }
    await life.post(worker, TASKS, task)


async def _proposals(life: Life) -> None:
    """One that waits for a second operator, and one that was taken back."""
    code = life.here.code.lower()
    shelter = {"change": "add-organisation", "role": "shelter", "type": "NGO"}
    await life.post(
        life.here["operator"],
        PROPOSALS,
        shelter | {"ticket": "OPS-1042", "organisation": f"{code}-night-shelter", "name": "Night Shelter"},
    )
    mistaken = shelter | {"ticket": "OPS-1043", "organisation": f"{code}-day-shelter", "name": "Day Shelter"}
    path = f"{PROPOSALS}/{await life.post(life.here['operator'], PROPOSALS, mistaken)}"
    await life.post(life.here["operator"], f"{path}/withdraw", seen=path)
