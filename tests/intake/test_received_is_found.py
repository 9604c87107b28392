"""What was received with a disclosure is found by it, however many fields a country has."""

from sqlalchemy import text

from tests.harness import Harness


async def test_what_a_disclosure_brought_is_deleted_by_an_index(intake: Harness) -> None:
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        await tx.execute(text("set local enable_seqscan = off"))
        plan = await tx.execute(
            text("explain delete from intake.fields where disclosure_id = any(array[gen_random_uuid()])")
        )
        assert "fields_of_disclosure" in "\n".join(plan.scalars())
