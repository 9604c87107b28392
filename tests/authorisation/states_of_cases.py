"""Cases, their holds, and what was broken open in an emergency, in every state in which somebody may read them."""

from typing import Any

from services.intake.casefile.domain.case import CaseState
from services.intake.casework.domain.leave import LeaveState
from services.intake.casework.domain.notes import NoteState
from services.intake.casework.domain.tasks import TaskState
from services.intake.drafts.domain.draft import DraftState
from services.intake.reports.domain.calls import CallState
from services.intake.reports.domain.incidents import IncidentState
from services.intake.rights.domain.erasure import ErasureState
from tests.authorisation.actors import AGENCY
from tests.authorisation.table import (
    CALLS,
    CASE,
    CORRECTION,
    DRAFT,
    EMERGENCY,
    INCIDENTS,
    LEAVE,
    NOTE,
    PAIR,
    STRIKE,
    TASKS,
)
from tests.authorisation.thing import Thing, as_made, asked
from tests.authorisation.worlds import Intake, Made
from tests.intake.making import acceptance_of, disclosure, recall_of

DRAFTS = "/v1/drafts"
SCREENING = f"{CASE}/screenings/{{screening_id}}"
DEPENDANTS = f"{CASE}/dependants"
UNLINK = f"{DEPENDANTS}/{{link_id}}/unlink"
HOLDS = f"{CASE}/holds"
LIFT = f"{HOLDS}/{{hold_id}}"
ERASURES, DECIDED = f"{CASE}/erasures", "/v1/erasures/{erasure_id}"
RETAIN = f"{CASE}/received/{{disclosure_id}}/retain"
NOTES = f"{CASE}/notes"
MENDS = (f"{NOTES}/{{note_id}}", f"{NOTES}/{{note_id}}/strike")
VERBS = (
    "assignment", "fields", "screenings", "screening-drafts", "status", "age-assessment", "needs", "holds",
)  # fmt: skip


async def _received(world: Intake) -> tuple[Made, Any]:
    """From the other country, for the worker's organisation; nobody has accepted it yet."""
    event = await disclosure(world.harness, {"cor_FullName": "Dara"}, recipient=AGENCY)
    await world.harness.deliver(event)
    return {"case_id": str(event.case_id), "id": str(event.case_id)}, event


async def _from_abroad(world: Intake) -> Made:
    return (await _received(world))[0]


async def _erased(world: Intake) -> Made:
    """Recalled before anybody accepted it: nothing of her is left."""
    made, event = await _received(world)
    await world.harness.deliver(recall_of(event))
    await world.harness.work()
    return made


async def _case(world: Intake) -> Made:
    return await world.case()


async def _of_received(world: Intake) -> Made:
    """Waits to be accepted."""
    made, event = await _received(world)
    return {**made, "disclosure_id": str(event.disclosure_id)}


async def _of_accepted(world: Intake) -> Made:
    made, event = await _received(world)
    await world.harness.deliver(acceptance_of(event))
    return {**made, "disclosure_id": str(event.disclosure_id)}


async def _hold_of_erased(world: Intake) -> Made:
    made, event = await _received(world)
    placed = await world.ask("supervisor", "POST", HOLDS.format(**made), {})
    await world.harness.deliver(recall_of(event))
    await world.harness.work()
    return {**made, "hold_id": placed.json()["id"], "id": placed.json()["id"]}


async def _noted_by_supervisor(world: Intake) -> Made:
    """The worker may not mend it."""
    made = await world._of_case("supervisor", "notes", NOTE)
    return {**made, "note_id": made["id"]}


async def _broken_by_supervisor(world: Intake) -> Made:
    """Somebody else reviews it."""
    made = await world._of_case("supervisor", "break-glass", EMERGENCY)
    return {**made, "glass_id": made["id"]}


async def _asked_by_supervisor(world: Intake) -> Made:
    """Somebody else decides."""
    made = await world._of_case("supervisor", "erasures", {"reason": "she asked"})
    return {**made, "erasure_id": made["id"]}


async def _completed(world: Intake) -> Made:
    made = await world.make("erasure")
    await world.ask("supervisor", "POST", f"{DECIDED}/confirm".format(**made))
    await world.harness.work()
    return made


async def _dependant_of_closed(world: Intake) -> Made:
    """The mother's case is closed, and it was said that the child's goes on."""
    made = await world.make("dependant")
    close = {"reason": "contact-lost", "linked_stay": True}
    await world.ask("worker", "POST", f"{CASE}/close".format(**made), close)
    return made


def _decided(verb: str, body: Any = None) -> Any:
    return asked("erasure", ("supervisor", "POST", f"{DECIDED}/{verb}", body))


def _two(decision: str) -> Any:
    body = {"decision": decision, "reason": "papers"}
    return asked("two_cases", ("supervisor", "POST", f"{PAIR}/decision", body))


async def _screening_draft(world: Intake) -> Made:
    made = await world._of_case(
        "worker", "screening-drafts", {"checklist": "field-adult", "answers": {"means.debt": "yes"}}
    )
    return {**made, "draft_id": made["id"]}


async def _cleared(world: Intake) -> Made:
    made = await world.abandoned_draft()
    await world.harness.work(hasten=True)
    return made


async def _cleared_call(world: Intake) -> Made:
    made = await world.call_and_case()
    await world.harness.work(hasten=True)
    return made


async def _cleared_incident(world: Intake) -> Made:
    made = await world.incident()
    await world.harness.work(hasten=True)
    return made


CASE_THINGS = (
    Thing(
        "intake",
        "/v1/incidents",
        as_made("incident"),
        commands=frozenset({"/v1/incidents"}),
        name="incidents",
    ),
    Thing(
        "intake",
        INCIDENTS,
        {
            **as_made("incident", "shared_incident"),
            "withdrawn": asked(
                "shared_incident", ("officer", "POST", f"{INCIDENTS}/withdraw", {"reason": "mistake"})
            ),
            "cleared": _cleared_incident,
        },
        frozenset(IncidentState),
    ),
    Thing("intake", "/v1/calls", as_made("call"), commands=frozenset({"/v1/calls"}), name="calls"),
    Thing(
        "intake",
        CALLS,
        {
            **as_made("call_and_case", "attached_call"),
            "closed": asked("call_and_case", ("officer", "POST", f"{CALLS}/close", {"reason": "referred"})),
            "with an urgent flag": asked(
                "call_and_case", ("officer", "PATCH", CALLS, {"flags": ["suicide_risk"]})
            ),
            "in a closed case": asked(
                "attached_call", ("worker", "POST", f"{CASE}/close", {"reason": "contact-lost"})
            ),
            "cleared": _cleared_call,
        },
        frozenset(CallState),
    ),
    Thing("intake", DRAFTS, as_made("draft"), commands=frozenset({DRAFTS}), name="drafts"),
    Thing(
        "intake",
        DRAFT,
        {
            **as_made("draft", "abandoned_draft"),
            "with an urgent flag": asked("draft", ("officer", "PATCH", DRAFT, {"flags": ["suicide_risk"]})),
            "submitted": asked("draft", ("officer", "POST", f"{DRAFT}/submit", None)),
            "cleared": _cleared,
        },
        frozenset(DraftState),
    ),
    Thing(
        "intake",
        DRAFT,
        {"of a screening": _screening_draft},
        bodies={"{draft_id}": {"answers": {"means.debt": "no"}}},
        name="draft of a screening",
    ),
    Thing(
        "intake",
        SCREENING,
        {
            **as_made("screening"),
            "corrected": asked(
                "screening",
                (
                    "worker",
                    "POST",
                    f"{SCREENING}/correct",
                    {"answers": {"exploitation.low_pay": "no"}, "reason": "misheard"},
                ),
            ),
        },
        commands=frozenset({f"{SCREENING}/correct"}),
    ),
    Thing(
        "intake",
        PAIR,
        {
            **as_made("two_cases"),
            "undecided": asked(
                "two_cases",
                *(
                    ("supervisor", "POST", f"{PAIR}/decision", {"decision": one, "reason": "mistake"})
                    for one in ("same-person", "undecided")
                ),
            ),
            "same person": _two("same-person"),
            "different persons": _two("different-persons"),
        },
        commands=frozenset({f"{PAIR}/decision"}),
    ),
    Thing(
        "intake",
        DEPENDANTS,
        as_made("two_cases", "dependant"),
        commands=frozenset({DEPENDANTS, f"{DEPENDANTS}/link"}),
        name="dependants of a case",
    ),
    Thing(
        "intake",
        DEPENDANTS,
        {
            **as_made("dependant"),
            "unlinked": asked("dependant", ("worker", "POST", UNLINK, {"reason": "own-wish"})),
            "the other closed": _dependant_of_closed,
        },
        commands=frozenset({UNLINK}),
        listed="id",
        name="a dependant",
    ),
    Thing(
        "intake",
        ERASURES,
        {**as_made("case", "erasure"), "erased": _erased},
        commands=frozenset({ERASURES}),
        name="erasures of a case",
    ),
    Thing(
        "intake",
        ERASURES,
        {
            **as_made("erasure"),
            "requested by a supervisor": _asked_by_supervisor,
            "cancelled": _decided("cancel"),
            "refused": _decided("refuse", {"law": "th-archives"}),
            "confirmed": _decided("confirm"),
            "completed": _completed,
        },
        frozenset(ErasureState),
        commands=frozenset(f"{DECIDED}/{verb}" for verb in ("confirm", "refuse", "cancel")),
        listed="id",
    ),
    Thing(
        "intake",
        "/v1/cases",
        as_made("case"),
        bodies={"search": {"name": "Sok Dara"}},  # a case is searched by its name only by who may read it
        commands=frozenset({"/v1/cases", "/v1/cases/search"}),
        name="cases",
    ),
    Thing(
        "intake",
        CASE,
        {
            **as_made("case", "screening", "status", "hold", "closed"),
            "nobody's": asked("case", ("officer", "POST", f"{CASE}/assignment", {"organisation": AGENCY})),
            "from abroad": _from_abroad,
            "erased": _erased,
        },
        frozenset(CaseState) - {CaseState.HANDED_OVER},
        commands=frozenset(f"{CASE}/{verb}" for verb in VERBS),
    ),
    Thing(
        "intake",
        f"{CASE}/fields",
        {
            **as_made("recalled"),
            "received": _of_received,
            "accepted": _of_accepted,
            "retained": asked("recalled", ("supervisor", "POST", RETAIN, {"law": "th-archives"})),
        },
        commands=frozenset({RETAIN}),
        listed="disclosure_id",
        within="received",
    ),
    Thing(
        "intake",
        HOLDS,
        {
            **as_made("hold"),
            "lifted": asked("hold", ("worker", "DELETE", LIFT, None)),
            "of an erased case": _hold_of_erased,
        },
        commands=frozenset({LIFT}),
        listed="id",
    ),
    Thing(
        "intake",
        NOTES,
        {"none written": _case, "from abroad": _from_abroad},
        commands=frozenset({NOTES}),
        name="notes",
    ),
    Thing(
        "intake",
        NOTES,
        {
            **as_made("note"),
            "corrected": asked("note", ("worker", "PUT", MENDS[0], CORRECTION)),
            "struck": asked("note", ("worker", "POST", MENDS[1], STRIKE)),
            "by a supervisor": _noted_by_supervisor,
        },
        frozenset(NoteState),
        commands=frozenset(MENDS),
        listed="id",
    ),
    Thing("intake", "/v1/team", as_made("case"), commands=frozenset({"/v1/team/assign"})),
    Thing(
        "intake", "/v1/tasks?case_id={case_id}", as_made("case", "task"), commands=frozenset({"/v1/tasks"})
    ),
    Thing(
        "intake",
        f"{CASE}/closing",
        {**as_made("case", "closed", "task", "broken_glass"), "from abroad": _from_abroad},
        frozenset({CaseState.OPEN, CaseState.CLOSED}),
        commands=frozenset({f"{CASE}/close", f"{CASE}/resume"}),
    ),
    Thing(
        "intake",
        TASKS,
        {
            **as_made("task", "completed_task", "team_task"),
            "cancelled": asked("task", ("worker", "POST", f"{TASKS}/cancel", {"reason": "not-possible"})),
        },
        frozenset(TaskState),
    ),
    Thing("intake", "/v1/leaves", as_made("leave"), commands=frozenset({"/v1/leaves"}), name="leaves"),
    Thing(
        "intake",
        "/v1/leaves",
        {
            **as_made("leave", "running_leave"),
            "ended": asked("leave", ("worker", "POST", f"{LEAVE}/end", None)),
        },
        frozenset(LeaveState),
        commands=frozenset({f"{LEAVE}/end", f"{LEAVE}/exclude", f"{LEAVE}/include"}),
        listed="id",
    ),
    Thing(
        "intake",
        "/v1/break-glass",
        {
            **as_made("broken_glass"),
            "reviewed": asked(
                "broken_glass",
                ("supervisor", "POST", "/v1/break-glass/{glass_id}/review", {"result": "upheld"}),
            ),
            "broken by a supervisor": _broken_by_supervisor,
        },
        commands=frozenset({"/v1/break-glass/{glass_id}/review"}),
        listed="id",
    ),
)
"""Handed over, a case is read by nobody here, so no view of it offers anything."""
