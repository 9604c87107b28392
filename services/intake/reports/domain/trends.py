"""The count of the incidents that came to be shared with all in one calendar month: each dimension by itself, and no two together."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.codes import codes
from contracts.small_cells import ShownTable, partition

KIND, PROVINCE = "incidents/incident_kind", "incidents/province"
NAMES = (KIND, PROVINCE)
"""The tables of a month, beside those of cases."""
NOWHERE = "unknown"
"""The cell of the incidents of which no province is known."""


@dataclass(frozen=True, slots=True)
class CountedIncident:
    kind: str
    province: str | None


def tables(incidents: Iterable[CountedIncident], provinces: Iterable[str]) -> Mapping[str, ShownTable]:
    """Every kind and every province, those of which nothing was told too: an absent one would say so."""
    counted = list(incidents)
    kinds, places = Counter(one.kind for one in counted), Counter(one.province or NOWHERE for one in counted)
    return {
        KIND: partition({code: kinds[code] for code in codes("incident_kind")}),
        PROVINCE: partition({code: places[code] for code in (*provinces, NOWHERE)}),
    }
