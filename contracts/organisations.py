"""The kinds of organisation that may be told of a person, and their staff who open cases: one place for every service."""

from typing import Final

from contracts.codes import codes

ACTIVE: Final = "active"
"""The only status of an organisation or service that anybody is sent to (code list `directory_status`)."""

ENFORCEMENT: Final = frozenset({"LawEnforcement", "ImmigrationService"})
"""HTCDS `org_Type` that no disclosure, referral or return may reach: the firewall between help and enforcement."""

CASE_ROLES: Final = frozenset({"screening_officer", "case_worker", "supervisor"})
SUPERVISOR: Final = "supervisor"
OPERATOR: Final = "operator"
AUDITOR: Final = "auditor"
"""Codes of `staff_role`, as they stand in tokens."""

_CELL_LENGTH = 2


def cell_of(organisation: str) -> str:
    """The cell of an organisation: its name begins with its country."""
    return organisation[:_CELL_LENGTH].upper()


def authority(cell: str) -> str:
    """The organisation that speaks for a cell's border: control travels between these."""
    return f"{cell.lower()}-exchange"


def may_receive(role: str, org_type: str | None) -> bool:
    """True for a role that receives (code list `recipient_role`), and never for a type of enforcement, whatever role
    it claims.
    """
    return role in codes("recipient_role") and org_type not in ENFORCEMENT
