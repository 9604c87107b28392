"""A case as it is named at the command line: by its identifier or its reference."""

from typing import Annotated
from uuid import UUID

import typer


def _read(text: str) -> str:
    from contracts.casefile.reference import InvalidReference, parsed

    try:
        return str(UUID(text))
    except ValueError:
        pass
    try:
        return parsed(text)
    except InvalidReference as error:
        raise typer.BadParameter(str(error)) from None


CaseName = Annotated[
    str,
    typer.Argument(
        parser=_read,
        metavar="CASE",
        help="Its reference (as a worker says it over the telephone) or its identifier.",
    ),
]
