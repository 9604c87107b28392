"""Who sees a case is asked of the policies over the projection, and a worklist shows exactly what may be opened."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.database import Database, Origin, Transaction
from chassis.events.subscription import Subscription, handle
from chassis.identity.access import (
    each_visible_case,
    listed_cases,
    remember,
    remember_erased,
    remember_handed_over,
    require,
    require_case,
    visible_cases,
)
from chassis.identity.auth import Actor
from chassis.identity.following import subscription
from chassis.identity.policies import Policies
from chassis.migrate import migrate
from chassis.problems import Forbidden, NotFound
from contracts.envelope import Meta, ReceivedEvent
from contracts.events.intake import CaseAssignedV1, CaseOpenedV1, CaseTransferredV1

POLICIES = Policies(Path("deploy/policies"))
SYSTEM = Origin("system:referral", "th-exchange", "case-management")
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def actor(
    *roles: str, subject: str = "me", organisation: str = "th-mine", purpose: str = "case-management"
) -> Actor:
    return Actor(
        "issuer", subject, "TH", organisation, frozenset(roles), purpose, service=False, policies=POLICIES
    )


@pytest.fixture
async def database(postgres: Any) -> AsyncIterator[Database]:
    _, app_url = await postgres.create_migrated("access", lambda url, _: migrate(url, "access", None))
    made = Database(app_url, publisher="referral", cell="TH")
    yield made
    await made.close()


async def given(database: Database, **cases: tuple[str, tuple[str, ...]]) -> dict[str, UUID]:
    ids = {name: uuid4() for name in cases}
    async with database.transaction(SYSTEM) as tx:
        for name, (organisation, workers) in cases.items():
            await remember(tx, ids[name], organisation, workers)
    return ids


async def rows(database: Database) -> dict[UUID, tuple[str, list[str]]]:
    async with database.transaction(SYSTEM) as tx:
        found = await tx.execute(text("select case_id, organisation, workers from chassis.case_access"))
        return {row.case_id: (row.organisation, row.workers) for row in found}


async def allowed(database: Database, who: Actor, action: str, case_id: UUID) -> bool:
    async with database.transaction(who.origin()) as tx:
        try:
            await require_case(tx, who, action, case_id)
        except NotFound:
            return False
    return True


async def _listed(tx: Transaction, condition: str, parameters: dict[str, Any]) -> set[UUID]:
    query = text(f"select c.case_id from chassis.case_access c where {condition}")
    return set((await tx.execute(query, parameters)).scalars())


CASES = {
    "mine": ("th-mine", ("me", "other")),
    "free": ("th-mine", ()),
    "colleagues": ("th-mine", ("other",)),
    "foreign": ("th-theirs", ("me",)),
    "foreign_free": ("th-theirs", ()),
}


@pytest.mark.parametrize(
    ("roles", "seen"),
    [
        (("case_worker",), {"mine", "free"}),
        (("supervisor",), {"mine", "free", "colleagues"}),
        (("screening_officer",), {"mine", "free", "colleagues"}),
        (("auditor",), set()),
        (("operator",), set()),
        (("supervisor", "auditor"), set()),
        ((), set()),
    ],
)
async def test_a_role_sees_these_cases_alone(
    database: Database, roles: tuple[str, ...], seen: set[str]
) -> None:
    ids = await given(database, **CASES)
    who = actor(*roles)
    assert {name for name in ids if await allowed(database, who, "case.read", ids[name])} == seen


@pytest.mark.parametrize(
    "action",
    [
        "case.read",
        "case.assign",
        "referral.read",
        "return.read",
        "trail.read",
        "consent.read",
        "referral.reject",
    ],
)
@pytest.mark.parametrize(
    "role", ["screening_officer", "case_worker", "supervisor", "auditor", "operator", "nobody"]
)
async def test_a_worklist_shows_what_the_actor_may_open_and_nothing_else(
    database: Database, role: str, action: str
) -> None:
    ids: dict[str, UUID] = {}
    for handed_over, erased in product((False, True), repeat=2):
        suffix = f"{' handed over' * handed_over}{' erased' * erased}"
        more = await given(database, **{f"{name}{suffix}": held for name, held in CASES.items()})
        async with database.transaction(SYSTEM) as tx:
            if handed_over:
                await remember_handed_over(tx, more.values())
            await remember_erased(tx, more.values(), erased=erased)
        ids |= more
    who = actor(role, purpose="audit" if role == "auditor" else "case-management")
    async with database.transaction(who.origin()) as tx:
        listed, *in_other_ways = [
            await _listed(tx, *await condition(tx, who, action, column="c.case_id"))
            for condition in (visible_cases, each_visible_case, listed_cases)
        ]
    assert in_other_ways == [listed, listed]
    openable = {case_id for case_id in ids.values() if await allowed(database, who, action, case_id)}
    if role == "auditor":  # an auditor may open the trail of any case, and is never shown a list of all
        assert openable == (set(ids.values()) if action == "trail.read" else set())
        openable -= {case_id for name, case_id in ids.items() if name.startswith("foreign")}
    assert listed == openable


async def test_a_case_that_is_not_there_looks_like_one_that_is_not_yours(database: Database) -> None:
    ids = await given(database, **CASES)
    answers = []
    for case_id in (uuid4(), ids["foreign"]):
        async with database.transaction(SYSTEM) as tx:
            with pytest.raises(NotFound) as caught:
                await require_case(tx, actor("supervisor"), "case.read", case_id)
        answers.append((caught.value.body(), caught.value.headers()))
    assert answers[0] == answers[1]


async def test_the_jurisdiction_is_the_databases_and_not_what_the_actor_says(
    database: Database, postgres: Any
) -> None:
    ids = await given(database, **CASES)
    elsewhere = Actor(
        "issuer", "me", "KH", "th-mine", frozenset({"supervisor"}), "case-management", False, POLICIES
    )
    assert not await allowed(database, elsewhere, "case.read", ids["mine"])


async def test_a_service_reads_what_its_call_is_for(database: Database) -> None:
    ids = await given(database, **CASES)
    for name, expected in (("exchange", True), ("notify", False)):
        who = Actor(
            "i",
            f"service:{name}",
            "TH",
            "th-exchange",
            frozenset({"service"}),
            "case-management",
            True,
            POLICIES,
        )
        assert await allowed(database, who, "internal.disclosable", ids["mine"]) is expected
        assert not await allowed(database, who, "case.read", ids["mine"])


def test_require_is_forbidden_or_not_for_what_is_no_case() -> None:
    require(actor("screening_officer"), "case.open")
    require(actor("supervisor"), "directory.write", organisation="th-mine")
    require(actor("supervisor"), "directory.read", organisation="th-theirs")
    for who, action, organisation in (
        (actor("case_worker"), "case.import", None),
        (actor("supervisor"), "directory.write", "th-theirs"),
        (actor("case_worker"), "inbox.read", "th-theirs"),
        (actor("case_worker"), "parked.read", None),
        (actor("operator"), "case.read", None),
    ):
        with pytest.raises(Forbidden):
            require(who, action, organisation=organisation)


# The projection


def opened(case_id: UUID, organisation: str = "th-first") -> CaseOpenedV1:
    return CaseOpenedV1(
        case_id=case_id,
        person_id=uuid4(),
        channel="hotline",
        organisation=organisation,
        urgency="routine",
        opened_at=NOW,
    )


def assigned(case_id: UUID, organisation: str, *workers: str) -> CaseAssignedV1:
    return CaseAssignedV1(case_id=case_id, organisation=organisation, workers=workers)


async def hear(database: Database, *events: Any, by: Subscription[Any, Any] | None = None) -> None:
    received = [
        ReceivedEvent(
            Meta(
                id=uuid4(),
                source="/th/intake",
                type=event.type,
                time=NOW,
                stream=str(event.case_id),
                sequence=n,
                actor="officer-1",
                organisation="th-first",
                purpose="case-management",
            ),
            event,
        )
        for n, event in enumerate(events, 1)
    ]
    async with database.transaction(SYSTEM) as tx:
        await handle(tx, [by or subscription()], received)


async def test_the_projection_follows_the_events_of_a_case(database: Database) -> None:
    one, two = uuid4(), uuid4()
    await hear(database, opened(one), opened(two), assigned(one, "th-second", "a", "b"))
    assert await rows(database) == {one: ("th-second", ["a", "b"]), two: ("th-first", [])}
    await hear(database, assigned(one, "th-third"), assigned(two, "th-first", "c"))
    assert await rows(database) == {one: ("th-third", []), two: ("th-first", ["c"])}


@pytest.mark.parametrize("before", [False, True], ids=["a new case", "a known case"])
@pytest.mark.parametrize(
    "said", ["opened", "assigned", "opened assigned", "assigned assigned-again", "assigned opened"]
)
async def test_what_is_written_without_being_read_leaves_the_row_as_if_it_had_been_read(
    database: Database, said: str, before: bool
) -> None:
    columns = "organisation, workers, handed_over, person_id, erased, linked, closed"
    person, reads = uuid4(), replace(subscription(), names=lambda _: "row")
    left = []
    for by in (subscription(), reads):
        case_id = uuid4()
        known = {
            "opened": opened(case_id).model_copy(update={"person_id": person}),
            "assigned": assigned(case_id, "th-second", "a", "b"),
            "assigned-again": assigned(case_id, "th-third", "c"),
        }
        async with database.transaction(SYSTEM) as tx:
            if before:
                await tx.execute(
                    text(
                        f"insert into chassis.case_access (case_id, {columns})"
                        " values (:case, 'th-zeroth', '{z}', true, :person, true, true, true)"
                    ),
                    {"case": case_id, "person": UUID(int=7)},
                )
        await hear(database, *(known[name] for name in said.split()), by=by)
        async with database.transaction(SYSTEM) as tx:
            rows = await tx.execute(
                text(f"select {columns} from chassis.case_access where case_id = :case"), {"case": case_id}
            )
            left.append(tuple(rows.one()))
    assert left[0] == left[1]


async def test_an_opening_heard_late_takes_no_case_back(database: Database) -> None:
    case_id = uuid4()
    await hear(database, assigned(case_id, "th-second", "a"))
    await hear(database, opened(case_id))
    assert await rows(database) == {case_id: ("th-second", ["a"])}


async def test_who_is_no_longer_assigned_sees_the_case_no_longer(database: Database) -> None:
    case_id = uuid4()
    await hear(database, opened(case_id, "th-mine"), assigned(case_id, "th-mine", "me"))
    assert await allowed(database, actor("case_worker"), "case.read", case_id)
    await hear(database, assigned(case_id, "th-mine", "other"))
    assert not await allowed(database, actor("case_worker"), "case.read", case_id)
    await hear(database, assigned(case_id, "th-theirs"))
    assert not await allowed(database, actor("supervisor"), "case.read", case_id)


async def test_remember_replaces_what_was_there(database: Database) -> None:
    ids = await given(database, case=("th-first", ("a", "b")))
    async with database.transaction(SYSTEM) as tx:
        await remember(tx, ids["case"], "th-second", [])
    assert await rows(database) == {ids["case"]: ("th-second", [])}


async def test_a_case_that_was_handed_over_is_closed_and_can_only_be_taken_back_from(
    database: Database,
) -> None:
    case_id = uuid4()
    handed_over = CaseTransferredV1(
        case_id=case_id, referral_id=uuid4(), organisation="th-mine", recipient="th-theirs", at=NOW
    )
    await hear(database, opened(case_id, "th-mine"), assigned(case_id, "th-mine", "me"), handed_over)
    for role in ("screening_officer", "case_worker", "supervisor"):
        assert not await allowed(database, actor(role), "case.read", case_id)
    assert not await allowed(database, actor("screening_officer"), "consent.withdraw", case_id)
    assert await allowed(database, actor("case_worker"), "consent.withdraw", case_id)
    await hear(database, assigned(case_id, "th-mine"))
    assert await allowed(database, actor("case_worker"), "case.read", case_id)
