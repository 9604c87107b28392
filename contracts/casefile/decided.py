"""The fields of a case file that no form writes: each is decided, assessed or flagged, with what belongs to it."""

from collections.abc import Mapping
from types import MappingProxyType

from contracts.casefile.fields import NEEDS, STATUS, STATUS_BY
from contracts.casefile.urgent import URGENT_FIELDS

DECIDED_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys((STATUS, STATUS_BY), "a formal status is recorded as a decision, with its reasons"),
        **dict.fromkeys(URGENT_FIELDS, "an urgent flag is recorded among `flags`"),
        NEEDS: "needs are recorded as an assessment",
    }
)
