"""A parameter that is passed over in silence is a wrong answer: one that a route does not know is refused, at every
route.
"""

import re
from collections import Counter

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute

from chassis.problems import Invalid

_SHOWN = re.compile(r"[a-z][a-z_]{0,39}")
"""Names that look like ours may be repeated in an error; anything else may be a value."""


async def known_parameters(request: Request) -> None:
    """A dependency of the whole app. Raises Invalid, naming the parameters and none of their values."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    known = {field.alias for field in get_flat_params(route.dependant) if isinstance(field.field_info, Query)}
    given = Counter(name for name, _ in request.query_params.multi_items())
    errors = [_refused(name, "unknown-parameter", "is not known here") for name in given if name not in known]
    errors += [
        _refused(n, "twice", "may stand once") for n, times in given.items() if n in known and times > 1
    ]
    if errors:
        raise Invalid(errors=errors)


def _refused(name: str, code: str, message: str) -> dict[str, object]:
    shown = name if _SHOWN.fullmatch(name) else "*"
    return {"loc": ["query", shown], "msg": f"this parameter {message}", "code": code}
