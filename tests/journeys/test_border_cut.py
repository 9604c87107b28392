"""A border cut for twenty seconds and healed: nothing is sealed meanwhile, and nothing at all for a case withdrawn meanwhile."""

import asyncio
from dataclasses import replace

from corridor.journey import Journey, eventually
from deploy.local.prepare import topics, users
from deploy.local.stack import Stack
from deploy.local.topics import provision_kafka
from tests.journeys.steps import drafted

CUT_S = 20


async def border(stack: Stack, *, is_open: bool) -> None:
    """Take from each partner's user the right to read its egress topic, or give it back."""
    for cell in stack.cells.values():
        abroad = {f"partner.{code.lower()}" for code in stack.cells if code != cell.code}
        rights = [
            user if is_open or user.name not in abroad else replace(user, reads=()) for user in users(cell)
        ]
        await asyncio.to_thread(provision_kafka, cell.broker.admin_config, topics(cell.partners), rights)


async def until_closed(journey: Journey, *, closed: bool) -> None:
    async def seen():
        partners = await journey.auditor.get("/exchange/v1/partners")
        (kh,) = [one for one in partners["items"] if one["cell"] == "KH"]
        return True if (kh["closed"] is not None) == closed else None

    await eventually(seen, "the border's new state", patience=40)


async def steps(journey: Journey) -> list[str]:
    return [row["step"] for row in await journey.ledger()]


async def test_what_was_withdrawn_during_a_cut_is_never_sealed_and_the_rest_arrives_after_it(stack):
    async with Journey(stack.state) as kept, Journey(stack.state) as withdrawn:
        for journey in (kept, withdrawn):
            await drafted(journey)
        await border(stack, is_open=False)
        await until_closed(kept, closed=True)
        for journey in (kept, withdrawn):
            await journey.send()
            await eventually(lambda journey=journey: authorised(journey))
        await asyncio.sleep(CUT_S / 2)
        await withdrawn.withdraw()
        answered = await withdrawn.until_answered()
        await asyncio.sleep(CUT_S / 2)
        assert answered["code"] == "never_received"
        assert await steps(kept) == ["authorised"]
        await border(stack, is_open=True)
        await kept.received()
        without_fence = [step for step in await steps(withdrawn) if step != "fenced"]
        assert without_fence == ["authorised", "recalled", "answered"]
        assert {"token", "sealed"} <= set(await steps(kept))


async def authorised(journey: Journey):
    return True if "authorised" in await steps(journey) else None
