"""The publisher and the consumer of the chassis' tests, for those that kill one of them."""

from tests.chassis.conftest import pair

__all__ = ["pair"]
