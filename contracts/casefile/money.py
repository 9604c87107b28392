"""Money: an exact decimal and its ISO 4217 currency. In JSON the amount is a string, never a binary float."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from contracts.form import Form
from contracts.types import KnownCode

AMOUNT_PATTERN = r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$"
MINOR_UNITS: Mapping[str, int] = {
    **dict.fromkeys(
        ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"], 0
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}  # fmt: skip
"""ISO 4217 decimals where they are not two."""


class InvalidAmount(ValueError):
    """Not an exact amount of the currency, or two currencies in one sum."""


def _amount(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        value = format(value, "f")
    if not isinstance(value, str) or not re.fullmatch(AMOUNT_PATTERN, value):
        raise InvalidAmount("an amount is a string of digits with at most four decimals")
    return Decimal(value)


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount, json_schema_input_type=str),
    PlainSerializer(lambda amount: format(amount, "f"), return_type=str),
    Field(json_schema_extra={"type": "string", "pattern": AMOUNT_PATTERN}),
]


class Money(Form):
    model_config = ConfigDict(frozen=True)

    amount: Amount
    currency: Annotated[str, KnownCode("currency")]

    @model_validator(mode="after")
    def _in_minor_units(self) -> Self:
        decimals = MINOR_UNITS.get(self.currency, 2)
        if self.amount != self.amount.quantize(Decimal(1).scaleb(-decimals)):
            raise InvalidAmount(f"the currency has {decimals} decimals")
        return self

    def _same(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise InvalidAmount("amounts of two currencies do not add up")
        return other

    def __add__(self, other: "Money") -> "Money":
        return Money(amount=self.amount + self._same(other).amount, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(amount=self.amount - self._same(other).amount, currency=self.currency)

    def exceeds(self, other: "Money") -> bool:
        return self.amount > self._same(other).amount
