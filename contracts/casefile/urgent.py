"""Urgent flags as fields: so they are disclosed as any field is, to whoever needs the category, and corrected as any field is.

Both fields are always written together. A field that only stood where a flag is would say by its name that there is one.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from contracts.codes import codes

PROTECTION, HEALTH = "cor_UrgentProtection", "cor_UrgentHealth"
NONE = "none"
_CODES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        name: tuple(code for code in codes(codelist) if code != NONE)
        for name, codelist in ((PROTECTION, "urgent_protection"), (HEALTH, "urgent_health"))
    }
)
URGENT_FIELDS = frozenset(_CODES)
"""The fields that are recorded as flags, and by no other way."""

FLAGS = tuple(flag for flags in _CODES.values() for flag in flags)


def as_fields(flags: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The two fields, with all flags as they now stand."""
    return {name: tuple(flag for flag in known if flag in flags) or (NONE,) for name, known in _CODES.items()}


def flags_in(fields: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The flags that these fields hold, whatever other fields stand beside them."""
    return frozenset(flag for name, values in fields.items() if name in _CODES for flag in values) - {NONE}
