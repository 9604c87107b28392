"""The clause of the agreements by which an auditor may ask the partner's, from what the log has of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

LIFTED = "withdrawn"
"""The state, of the code list `proposal_state`, in which a suspended agreement counts again."""


def reasons_allowed(
    versions: Iterable[Mapping[str, Any]], suspended: Mapping[str, int], one: str, other: str, now: datetime
) -> frozenset[str]:
    """The reasons that the agreements in force between two cells allow. Of each agreement the highest version that has begun counts,
    unless this version, or a later one, is suspended here.
    """
    newest: dict[str, Mapping[str, Any]] = {}
    for version in versions:
        begun = datetime.fromisoformat(version["valid_from"]) <= now
        kept = newest.get(version["agreement_id"])
        if begun and (kept is None or version["version"] > kept["version"]):
            newest[version["agreement_id"]] = version
    return frozenset(
        reason
        for version in newest.values()
        if {one, other} <= set(version["cells"])
        and now < datetime.fromisoformat(version["valid_until"])
        and version["version"] > suspended.get(version["agreement_id"], 0)
        for reason in version.get("extract_reasons", ())
    )
