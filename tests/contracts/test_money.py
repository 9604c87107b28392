"""Money is exact, in one currency, and a string in JSON."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.casefile.money import MINOR_UNITS, InvalidAmount, Money
from contracts.codes import codes


def money(amount: str, currency: str = "USD") -> Money:
    return Money.model_validate({"amount": amount, "currency": currency})


def test_an_amount_is_a_string_in_json() -> None:
    assert money("0.10").model_dump_json() == '{"amount":"0.10","currency":"USD"}'
    assert money("0.10") + money("0.20") == money("0.30")
    assert money("1.00") - money("0.90") == money("0.10")


@pytest.mark.parametrize("body", ['{"amount":0.1,"currency":"USD"}', '{"amount":1,"currency":"USD"}', '{"amount":"1e2","currency":"USD"}',
                                  '{"amount":"NaN","currency":"USD"}', '{"amount":"1.001","currency":"USD"}', '{"amount":"1.5","currency":"VND"}',
                                  '{"amount":"1","currency":"XXZ"}', '{"amount":"1","currency":"usd"}', '{"amount":"1"}'])  # fmt: skip
def test_what_is_not_an_exact_amount_of_a_currency_is_refused(body: str) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate_json(body)


def test_a_currency_has_its_own_decimals() -> None:
    assert money("1.234", "KWD").amount == Decimal("1.234")
    assert money("12000", "VND").amount == 12000
    assert set(MINOR_UNITS) <= set(codes("currency"))


def test_two_currencies_do_not_add_up() -> None:
    for sum_up in (Money.__add__, Money.__sub__, Money.exceeds):
        with pytest.raises(InvalidAmount):
            sum_up(money("1"), money("1", "THB"))


def test_an_amount_exceeds_another() -> None:
    assert money("1.01").exceeds(money("1.00"))
    assert not money("1.00").exceeds(money("1.00"))


@given(st.integers(-(10**14), 10**14), st.integers(-(10**14), 10**14))
def test_sums_of_cents_are_exact(a: int, b: int) -> None:
    one, other = money(f"{Decimal(a).scaleb(-2):f}"), money(f"{Decimal(b).scaleb(-2):f}")
    assert (one + other).amount == Decimal(a + b).scaleb(-2)
    assert Money.model_validate_json(one.model_dump_json()) == one
