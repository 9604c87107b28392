"""One test over many values of one rule: a test for each of ten thousand would cost ten times what the rules do."""

import ast
import inspect
from collections.abc import Callable, Iterable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import pytest

Rule = Callable[..., None]


@cache
def parsed(path: Path) -> ast.Module:
    """A file's tree, for all rules that walk it. Nobody changes it."""
    return ast.parse(path.read_text(encoding="utf-8"))


def of_each(
    argument: str, values: Iterable[Any], *, ids: Callable[[Any], str] = str
) -> Callable[[Rule], Rule]:
    """A test that gives each of the values to the rule, and names every value at which it fails, with its words."""
    looked_at = list(values)
    if not looked_at:
        raise ValueError("there is nothing to look at")

    def decorate(rule: Rule) -> Rule:
        if inspect.iscoroutinefunction(rule):
            raise TypeError("nobody would wait for it")

        @wraps(rule)
        def test(**fixtures: Any) -> None:
            faults: dict[str, str] = {}
            for value in looked_at:
                try:
                    rule(**fixtures, **{argument: value})
                except Exception as error:  # noqa: BLE001 - whatever it is, the value is named
                    faults[ids(value)] = str(error) or repr(error)
            if faults:
                pytest.fail("\n".join(f"{where}: {fault}" for where, fault in faults.items()), pytrace=False)

        signature = inspect.signature(rule)
        kept = [one for name, one in signature.parameters.items() if name != argument]
        test.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return test

    return decorate
