"""Machines: systems of an organisation that send and fetch by themselves. A machine is no person, and has roles of its own."""

from typing import Final

PREFIX: Final = "machine:"
"""The beginning of a machine's name, which is its subject in tokens. No person's begins so."""

SUBMITTING: Final = "submitting_machine"
EXPORTING: Final = "exporting_machine"
ROLES: Final = frozenset({SUBMITTING, EXPORTING})
"""Codes of `staff_role` that no person has."""

SERVICES: Final = ("intake", "interchange", "directory")
"""The services that a machine's token is for; all others refuse it."""


def is_machine(subject: str) -> bool:
    return subject.startswith(PREFIX)
