"""Casework: notes, tasks, a hold, a child beside her, an end and another beginning, two records of one person, a call."""

import contextlib
from datetime import UTC, datetime, timedelta

from corridor.client import RefusedError
from corridor.seed.asking import ask, narrow, refuse, renew, withdraw
from corridor.seed.life import Life
from corridor.seed.opening import CASES, assess_needs, identify, screen, walk_in
from corridor.seed.referring import ReturnJourney, refer

TASKS, CALLS = "/intake/v1/tasks", "/intake/v1/calls"
NOTES = (
    (
        "conversation",
        "She would like to speak with somebody in her own language before she decides anything.",
    ),
    ("call", "Her sister was told that she is well, and nothing else. She calls again on Sunday."),
    ("visit", "The room is quiet and she sleeps better. She asked for work that she can do sitting."),
    ("observation", "She wears the arm in a sling; the dressing was changed this morning."),
    ("agreement", "Agreed: papers first, then the course. We speak again when the embassy has answered."),
)
KINDS_OF_TASK = (
    ("appointment", "Take her to the clinic; bring the card."),
    ("document", "Ask the embassy how long a travel document takes."),
    ("call", "Call the shelter about a room for two."),
)


async def unassigned(life: Life) -> None:
    """Somebody whom nobody has yet: urgent, and a supervisor looks for who may take the case."""
    life.case = await walk_in(life, flags=("medical_emergency",), urgency="immediate")
    await _given_to(life)


async def known_well(life: Life) -> None:
    """A case with everything that a worker writes: screened, identified, notes, and tasks of which one is overdue."""
    life.case = await walk_in(life, urgency="urgent")
    await screen(life, life.here["worker"], indications=True)
    await identify(life)
    await assess_needs(life)
    await noted(life, *NOTES[:3])
    await ask(life, life.away.agency, life.here.neighbour)
    await refer(life, life.here.neighbour, "accepted")
    await overdue(life)
    done, not_done, _ = [await _task(life, *one) for one in KINDS_OF_TASK]
    await life.post(life.here["worker"], f"{TASKS}/{done}/complete")
    await life.post(life.here["worker"], f"{TASKS}/{not_done}/cancel", {"reason": "done-otherwise"})
    await ReturnJourney(life).to("counselled")
    await tried(life)


async def tried(life: Life) -> None:
    """Another worker of another organisation asks for the notes of a case that is not theirs, which stands in the log."""

    async def refused(_: str) -> str:
        with contextlib.suppress(RefusedError):
            await life.here["other-worker"].get(f"{CASES}/{life.case}/notes")
        return "refused"

    await life.once(refused)


async def noted(life: Life, *notes: tuple[str, str]) -> None:
    """Notes, the last of which is corrected and the first struck."""
    path, worker = f"{CASES}/{life.case}/notes", life.here["worker"]
    first, *_, last = [
        await life.post(worker, path, {"category": kind, "text": text}) for kind, text in notes
    ]
    await life.post(worker, f"{path}/{first}/strike", {"reason": "It belongs into another file."})
    said = {"text": notes[-1][1] + " Since Monday.", "reason": "The day was missing."}

    async def corrected(key: str) -> str:
        seen = await worker.seen(f"{path}/{last}")
        await worker.put(f"{path}/{last}", said, headers={"Idempotency-Key": key} | seen)
        return last

    await life.once(corrected)


async def late(life: Life) -> None:
    """A case of which somebody was to do something, and has not."""
    life.case = await walk_in(life)
    await overdue(life)
    await noted(life, *life.chance.sample(NOTES, 2))


async def overdue(life: Life) -> None:
    """A task that was due a moment ago: no service takes one of which the time is over."""

    def asked() -> dict[str, str]:
        due = datetime.now(UTC) + timedelta(seconds=3)
        told = "Look after her today: she did not come to the appointment."
        return {"case_id": life.case, "kind": "visit", "due_at": due.isoformat(), "text": told}

    await life.post(life.here["worker"], TASKS, asked)


async def to_be_done(life: Life) -> None:
    """An ordinary case with something to do this week."""
    life.case = await walk_in(life)
    await _task(life, *life.chance.choice(KINDS_OF_TASK))


async def _task(life: Life, kind: str, text: str) -> str:
    due = life.began + timedelta(days=life.chance.randrange(1, 9))
    body = {
        "case_id": life.case,
        "kind": kind,
        "text": text,
        "due_at": due.isoformat(),
        "worker": life.here["worker"].name,
    }
    return await life.post(life.here["worker"], TASKS, body)


async def of_supervisor(life: Life) -> None:
    """A case with nothing that is established, closed, opened again because she called, and kept by the supervisor."""
    await closed(life)
    path = f"{CASES}/{life.case}"
    await life.post(
        life.here["worker"], f"{path}/resume", {"reason": "new-need", "note": "She called."}, seen=path
    )
    await screen(life, life.here["worker"], indications=False)
    await _given_to(life, life.here["supervisor"].name)


async def _given_to(life: Life, *workers: str) -> None:
    path = f"{CASES}/{life.case}"
    body = {"organisation": life.here.agency.organisation, "workers": [*workers]}
    await life.post(life.here["supervisor"], f"{path}/assignment", body, seen=path)


async def begin_screening(life: Life) -> None:
    body = {"checklist": "field-adult", "answers": {"means.deceived": "yes", "means.debt": "not-asked"}}
    await life.post(life.here["worker"], f"{CASES}/{life.case}/screening-drafts", body)


async def on_hold(life: Life) -> None:
    """She is not to be removed, though she would go; an earlier hold was lifted."""
    life.case = await walk_in(life, flags=("immediate_danger",), urgency="immediate")
    path, worker = f"{CASES}/{life.case}/holds", life.here["worker"]
    first = await life.post(worker, path, {"until": life.at(days=30)})
    await life.post(worker, path, {})

    async def lifted(_: str) -> str:
        """Lifted twice is lifted."""
        await worker.delete(f"{path}/{first}")
        return first

    await life.once(lifted)
    await ReturnJourney(life).to("decided")


async def guardian_awaited(life: Life) -> None:
    """A child for whom a grandparent spoke, whom no second person has looked at."""
    life.case = await walk_in(life, child=True, flags=("separated_child",))
    await ask(life, life.away.agency, child=True)


async def with_child(life: Life) -> None:
    """A mother who wants to go home, and her child, whose case is linked with hers."""
    life.case = await walk_in(life)
    body = {"relation": "child", "urgency": "routine", "fields": life.fields(child=True)}
    await life.post(life.here["worker"], f"{CASES}/{life.case}/dependants", body)
    await ask(life, life.away.agency)
    await ReturnJourney(life).to("assessed")


async def no(life: Life) -> None:
    """She wants nobody to be told, and no help: her case is closed."""
    life.case = await walk_in(life)
    await refuse(life)
    await _close(life, "declined")


async def yes_for_days(life: Life) -> None:
    """A consent that soon ends, a screening that is begun, and a referral that is not sent yet."""
    life.case = await walk_in(life)
    await begin_screening(life)
    await ask(life, life.away.agency, days=9)
    await refer(life, life.away.agency, "draft")


async def yes_for_a_moment(life: Life) -> None:
    """A consent that has run out."""
    life.case = await walk_in(life)
    await ask(life, life.away.agency, days=15 / 86400)


async def taken_back(life: Life, state: str) -> None:
    """She withdraws: before anybody has answered, the offer ends; later, what was disclosed is recalled and the help goes on."""
    life.case = await walk_in(life)
    await ask(life, life.away.agency)
    await refer(life, life.away.agency, state)
    await withdraw(life)


async def taken_back_in_part(life: Life) -> None:
    """She agrees to longer, and takes one category back."""
    life.case = await walk_in(life)
    await ask(life, life.away.agency)
    await refer(life, life.away.agency, "in_progress")
    await renew(life, life.away.agency)
    await narrow(life, "needs")


async def closed(life: Life) -> None:
    life.case = await walk_in(life)
    await _close(life, life.chance.choice(("assistance-completed", "contact-lost", "elsewhere")))


async def _close(life: Life, reason: str) -> None:
    path = f"{CASES}/{life.case}"
    await life.post(life.here["worker"], f"{path}/close", {"reason": reason}, seen=path)


async def told_twice(life: Life) -> None:
    """One person with two records, which nobody has compared."""
    life.case = await walk_in(life)
    await walk_in(life, second=True)


async def called(life: Life) -> None:
    """A call to the hotline that became a case, as she wished."""
    worker = life.here["worker"]
    words = {"kind": "own-help", "language": life.person.language, "text": "She asks whether she may stay."}
    call = await life.post(worker, CALLS, words)
    body = {"agreed": "in-the-call", "urgency": "urgent", "fields": life.fields()}
    life.case = await life.post(worker, f"{CALLS}/{call}/case", body)
