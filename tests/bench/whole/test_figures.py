"""What the whole case's benchmark computes from what it measured."""

import pytest

from tests.bench.whole.comparison import EARLIER, verdict
from tests.bench.whole.turn import Measured, quantile
from tests.bench.whole.usage import between


def measured(seconds: float, *, clean: bool = True) -> Measured:
    return Measured(
        2.0, {"cells": seconds * 0.7, "brokers": seconds * 0.3}, {}, 0.01, 5.0, [0.5], 1.0, clean=clean
    )


def test_a_quantile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert [quantile(values, share) for share in (0.5, 0.99)] == [50.0, 99.0]
    assert quantile([7.0], 0.99) == quantile([7.0], 0.5) == 7.0


def test_what_was_spent_is_the_difference_of_each_kind() -> None:
    assert between({"cells": 1.0, "brokers": 2.0}, {"cells": 1.5, "brokers": 2.0}) == {
        "cells": 0.5,
        "brokers": 0.0,
    }


@pytest.mark.parametrize(
    ("now", "clean", "passed"),
    [(0.10, True, True), (0.11, True, False), (0.10, False, False)],
    ids=["within", "over", "not clean"],
)
def test_the_gate_is_a_fifth_of_the_earlier_cpu_and_a_clean_judge(
    now: float, clean: bool, passed: bool
) -> None:
    found = {"now": [measured(0.01), measured(now, clean=clean), measured(9.0)], EARLIER: [measured(0.5)]}
    assert verdict(found) is passed
