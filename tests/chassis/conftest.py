"""A publisher and a consumer on the run's broker, for all tests of what goes between them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.chassis.pipeline import PARTITIONS, TOPIC, Side, side


@pytest.fixture
async def pair(postgres: Any, kafka: Any, topic_prefix: str) -> AsyncIterator[tuple[Side, Side]]:
    """Each has its own database."""
    await kafka.create_topics({topic_prefix + TOPIC: PARTITIONS})
    async with (
        side(postgres, "consent", kafka=kafka.bootstrap, prefix=topic_prefix) as consent,
        side(postgres, "referral", kafka=kafka.bootstrap, prefix=topic_prefix) as referral,
    ):
        yield consent, referral
