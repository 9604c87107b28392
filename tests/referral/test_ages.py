"""Nobody is offered to a service that is for another age than hers."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts.events.intake import AgeGroupKnownV1, CaseErasedV1, ErasureConfirmedV1
from tests.harness import Harness
from tests.referral.asking import draft, move
from tests.referral.making import offering

AGES = {"adults": {"minimum_age": 18}, "children": {"maximum_age": 17}, "everybody": {}}


async def list_shelters(th: Harness) -> None:
    for name, ages in AGES.items():
        await th.deliver(offering(f"kh-{name}", "shelter", **ages))


async def drafts(th: Harness, group: str | None, basis: str):
    """Organisation → what a draft to it is answered, and its sending."""
    await list_shelters(th)
    case_id, answers = uuid4(), {}
    await th.grant_access(case_id, "th-care-agency")
    if group is not None:
        await th.deliver(AgeGroupKnownV1(case_id=case_id, age_group=group, basis=basis))
    for name in AGES:
        answer = await draft(th, case_id, recipient=f"kh-{name}", service="shelter")
        answers[name] = [error["code"] for error in answer.json().get("errors", [])]
    return case_id, answers


@pytest.mark.parametrize(
    ("group", "basis", "refused"),
    [
        ("child", "birth_date", "adults"),
        ("child", "flag", "adults"),
        ("adult", "assessment", "children"),
        ("child", "unknown", None),
        (None, "", None),
    ],
)
async def test_a_service_for_another_age_is_refused_when_her_age_is_known(
    th: Harness, group: str | None, basis: str, refused: str | None
):
    _, answers = await drafts(th, group, basis)
    assert answers == {name: ["other-age"] if name == refused else [] for name in AGES}


async def test_an_age_that_becomes_known_after_the_draft_is_refused_at_sending(th: Harness):
    case_id = uuid4()
    await list_shelters(th)
    await th.grant_access(case_id, "th-care-agency")
    made = (await draft(th, case_id, recipient="kh-adults", service="shelter")).json()["id"]
    await th.deliver(AgeGroupKnownV1(case_id=case_id, age_group="child", basis="birth_date"))
    answer = await move(th, made, "send")
    assert [error["code"] for error in answer.json()["errors"]] == ["other-age"]


@pytest.mark.parametrize("by", ["confirmation", "recall"])
async def test_the_age_of_somebody_who_is_erased_is_not_kept(th: Harness, by: str):
    case_id, another = uuid4(), uuid4()
    for each in (case_id, another):
        await th.deliver(AgeGroupKnownV1(case_id=each, age_group="child", basis="birth_date"))
    erased = {
        "confirmation": ErasureConfirmedV1(case_id=case_id, erasure_id=uuid4()),
        "recall": CaseErasedV1(case_id=case_id, at=datetime.now(UTC), epoch="2026-11"),
    }
    await th.deliver(erased[by])
    async with th.service.database.engine.connect() as conn:
        kept = (await conn.execute(text("select case_id from referral.age_groups"))).scalars().all()
    assert kept == [another]
