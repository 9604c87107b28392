"""A half of a referral as a row and back. Lists are JSON, so that arrays of any length fit into one unnest."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from pydantic_core import to_json
from sqlalchemy import TextClause, text

from services.referral.domain.referral import Referral
from services.referral.domain.states import Half, Kind, State

_FIXED: Mapping[str, str] = {
    "case_id": "uuid",
    "organisation": "text",
    "sender": "text",
    "sender_cell": "text",
    "recipient": "text",
    "recipient_cell": "text",
    "recipient_role": "text",
    "service": "text",
    "purpose": "text",
    "urgency": "text",
    "asked": "jsonb",
    "created_at": "timestamptz",
    "kind": "text",
}
_MOVING: Mapping[str, str] = {
    "state": "text",
    "reason": "text",
    "outcome": "text",
    "disclosure_id": "uuid",
    "fields": "jsonb",
    "withheld": "jsonb",
    "sent_at": "timestamptz",
    "received_at": "timestamptz",
    "answered_at": "timestamptz",
    "ended_at": "timestamptz",
    "respond_by": "timestamptz",
    "reminded_at": "timestamptz",
    "version": "integer",
}
_KEY: Mapping[str, str] = {"id": "uuid", "half": "text"}
_JSON = frozenset({"asked", "fields", "withheld"})
_ALL = {**_KEY, **_FIXED, **_MOVING}

COLUMNS = ", ".join(_ALL)
_READ = [name for name in _ALL if name != "organisation"]
_HALF, _KIND, _STATE, _ASKED, _FIELDS, _WITHHELD = map(
    _READ.index, ("half", "kind", "state", "asked", "fields", "withheld")
)
READ = ", ".join(_READ)
"""The columns in the order of a Referral's attributes; whose half it is follows from them."""

_HALVES: Mapping[str, Half] = {str(half): half for half in Half}
_KINDS: Mapping[str, Kind] = MappingProxyType({str(kind): kind for kind in Kind})
_STATES: Mapping[str, State] = {str(state): state for state in State}


def _unnest(columns: Mapping[str, str]) -> str:
    arrays = ", ".join(f"cast(:{name} as {kind}[])" for name, kind in columns.items())
    return f"unnest({arrays}) as u({', '.join(columns)})"


def _sets(columns: Mapping[str, str], source: str) -> str:
    return ", ".join(f"{name} = {source}.{name}" for name in columns)


INSERT: TextClause = text(
    f"insert into referral.referrals as r ({COLUMNS}) select {COLUMNS} from {_unnest(_ALL)} order by case_id, id, half"
    f" on conflict (id, half) do update set {_sets({**_FIXED, **_MOVING}, 'excluded')}"
    " where r.organisation = '' and r.case_id = excluded.case_id"
)
"""An offer fills in the tombstone of its own recall. Where a partner names one referral for two cases, the first stands."""

UPDATE: TextClause = text(
    f"update referral.referrals as r set {_sets(_MOVING, 'u')}"
    f" from {_unnest({**_KEY, **_MOVING, 'stored': 'integer'})}"
    " where r.id = u.id and r.half = u.half and r.version = u.stored"
)


def for_insert(referrals: Sequence[Referral]) -> dict[str, list[Any]]:
    return _columns(referrals, _ALL)


def for_update(referrals: Sequence[Referral]) -> dict[str, list[Any]]:
    return _columns(referrals, {**_KEY, **_MOVING, "stored": "integer"})


def _columns(referrals: Sequence[Referral], names: Mapping[str, str]) -> dict[str, list[Any]]:
    return {name: _column(map(attrgetter(name), referrals), name in _JSON) for name in names}


def _column(values: Iterable[Any], json: bool) -> list[Any]:
    return [to_json(value).decode() for value in values] if json else list(values)


def referral(row: Any) -> Referral:
    """A row of READ as the half that it is. By position and in place, for a batch has hundreds of them."""
    values = list(row)
    values[_HALF], values[_STATE] = _HALVES[values[_HALF]], _STATES[values[_STATE]]
    values[_KIND] = _KINDS[values[_KIND]]
    values[_ASKED], values[_FIELDS] = tuple(values[_ASKED]), tuple(values[_FIELDS])
    values[_WITHHELD] = tuple(map(tuple, values[_WITHHELD]))
    found = Referral(*values)
    found.stored = found.version
    return found
