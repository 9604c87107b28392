"""A recall where a key was lost, or one operator alone says so: she has withdrawn, and it is to arrive all the same."""

from uuid import UUID, uuid4

import pytest

from contracts.border.items import ControlItem, Recall
from contracts.events.intake import DisclosureClosedV1
from deploy.local.trust import TrustFiles
from tests.exchange.test_crossing import recall, send
from tests.exchange.test_distrust import OTHER, Operators, kid_of, replaced
from tests.exchange.two_cells import Cell, carry
from tests.exchange.world import IN_COUNTRY


@pytest.fixture
async def ours(th: Cell) -> Operators:
    made = Operators(th)
    await made.begin()
    return made


async def say(cell: Cell) -> None:
    """The sign of life of a cell."""
    await next(loop for loop in cell.harness.service.loops if loop.name == "presence").say_all()


async def recalls(cell: Cell) -> int:
    """How many were taken in there."""
    return len(await cell.said("recall.received.v1"))


async def test_a_recall_and_its_answer_pass_though_one_operator_says_that_our_own_signing_key_was_lost(
    th: Cell, kh: Cell, files: TrustFiles, ours: Operators
) -> None:
    case, received = await send(th, kh)
    theirs = Operators(kh, "kh-operations")
    await theirs.begin()
    await ours.lose(kid_of(files, "th-exchange", "sign"))
    await th.deliver(recall(case))
    await carry(th, kh)
    assert await recalls(kh) == 1
    await theirs.lose(kid_of(files, "kh-exchange", "sign"))
    await kh.deliver(
        DisclosureClosedV1(case_id=received["case_id"], disclosure_id=case.disclosure_id, answer="erased")
    )
    await carry(th, kh)
    assert len(await th.said("recall.answered.v1")) == 1


async def test_inside_a_country_a_recall_passes_though_our_own_signing_key_was_lost(
    th: Cell, files: TrustFiles, ours: Operators
) -> None:
    case, received = await send(th, th, recipient=IN_COUNTRY)
    await ours.lose(kid_of(files, "th-exchange", "sign"))
    forged = Recall(UUID(received["disclosure_id"]), UUID(received["referral_id"]), "withdrawn")
    await th.take("TH", [th.seal([ControlItem(uuid4(), forged)], "th-exchange", seq=2)])
    assert await recalls(th) == 0  # of whoever has the key
    await th.deliver(recall(case))
    await carry(th, th)
    assert await recalls(th) == 1


async def test_a_recall_that_a_partner_refuses_for_our_lost_key_is_sealed_again_with_the_next_one_alone(
    th: Cell, kh: Cell, files: TrustFiles, ours: Operators
) -> None:
    case, _ = await send(th, kh)
    theirs = Operators(kh, "kh-operations")
    await theirs.begin()
    lost = kid_of(files, "th-exchange", "sign")
    await ours.lose(lost)
    await theirs.lose(lost)  # they were called
    await th.deliver(recall(case))
    await carry(th, kh)
    for _ in range(6):  # however often it is asked for, it is not sealed so often that it would be given up
        await th.work()
    assert (await th.leaving(kh), await recalls(kh)) == ([], 0)
    replaced(files, "th-exchange", "sign")
    await th.look()
    await kh.look()
    await carry(th, kh)
    assert await recalls(kh) == 1


async def test_a_recall_passes_though_a_key_was_lost_that_only_what_comes_to_us_is_sealed_to(
    th: Cell, kh: Cell, files: TrustFiles, ours: Operators
) -> None:
    case, _ = await send(th, kh)
    await ours.lose(kid_of(files, "th-exchange", "agree"))
    await say(th)
    assert await th.leaving(kh) == []  # a sign of life would ask for more that is sealed to it
    await th.deliver(recall(case))
    await carry(th, kh)
    assert await recalls(kh) == 1


async def test_a_recall_that_came_while_its_key_was_declared_lost_by_mistake_is_taken_in_afterwards(
    th: Cell, kh: Cell, files: TrustFiles
) -> None:
    theirs = Operators(kh, "kh-operations")
    await theirs.begin()
    case, _ = await send(th, kh)
    distrust = await theirs.lose(kid_of(files, "th-exchange", "sign"))
    await th.deliver(recall(case))
    await carry(th, kh)
    assert await recalls(kh) == 0
    answer = await theirs.ask("POST", f"/v1/distrusts/{distrust}/withdraw", who=OTHER)
    assert answer.status_code == 200
    for _ in range(2):  # what was counted the last time should be there by now
        await say(th)
        await carry(th, kh)
    assert await recalls(kh) == 1
