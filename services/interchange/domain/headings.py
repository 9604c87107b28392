"""The heading of a file: the field of each column, by the standard's names, its labels, or a second line of labels."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from contracts.casefile import own_number
from contracts.casefile.fields import ALIASES, FIELDS
from contracts.casefile.urgent import URGENT_FIELDS
from services.interchange.domain.cells import BadFile, Cell, shown

MAX_COLUMNS = 200
EXTERNAL_ID, REFERENCE_LABEL = "cor_ExternalId", "Corridor Reference"
"""The column by which a row is recognised, and its label in the standard's workbook, which has none."""
OWN_NUMBER = own_number.COLUMN

NOT_KEPT = re.compile(
    r"^(?:_.*|start|end|today|audit|username|deviceid|device_id|phonenumber|subscriberid|simserial|simid"
    r"|devicephonenumber|email_of_user|KEY|SubmissionDate|instanceID|instanceName|formdef_version"
    r"|meta/.+|formhub/.+|meta-.+|(?:org|cas|con|cco|hte|spl|per)_.+|[a-z]{3}_[A-Za-z_]+/.+)$"
)
"""Columns of the standard, and of the survey tools that write it, that are no part of a case file here. A consent is one
of them: a checkbox in somebody else's file is no consent."""

_MISSPELT: Mapping[str, str] = MappingProxyType(
    {**ALIASES, "vic_TraffickinStatusDecisionMakingOrg": "vic_TraffickingStatusDecisionMakingOrg"}
)
"""Names as the standard's own survey form and workbooks spell them."""

_LABELS: Mapping[str, str] = MappingProxyType(
    {
        **{
            field.label.casefold(): field.name for field in FIELDS.values() if field.name not in URGENT_FIELDS
        },
        "mailing state/province": "prs_MailingState",
        "mailing zip/postal code": "prs_MailingPostalCode",
        "trafficking status decision making organization": "vic_TraffickingStatusDecisionMakingOrg",
        REFERENCE_LABEL.casefold(): EXTERNAL_ID,
        own_number.LABEL.casefold(): OWN_NUMBER,
    }
)
_LABELS_NOT_KEPT = frozenset(
    {
        "case owner", "consent", "status", "referring organisation", "incoming referral date",
        "referring primary case worker", "reason for incoming referral", "incoming referral details",
        "referred organisation", "referred primary case worker", "reason for outgoing referral",
        "outgoing referral date", "outgoing referral details", "reason for case closure", "role in process",
        "role details", "case comment",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Without a `field` its cells are not kept; one without `named` may hold line numbers alone.

    `doubted` columns have two headings that differ, so nothing in them is taken.
    """

    field: str | None = None
    named: bool = True
    doubted: bool = False


def read_heading(
    cells: Sequence[Cell], labels: Sequence[Cell] = (), *, hidden: bool = False
) -> tuple[Column, ...]:
    """The columns of a file. `labels` is the line below the names where it holds labels, else empty.

    Where the line of names is `hidden`, as in the standard's own workbooks, the person who filled the file saw the
    labels alone, and these decide the field of a column. Raises BadFile.
    """
    names, captions = _texts(cells), _texts(labels)
    _require_answers(names)
    width = max(len(names), len(captions))
    if width > MAX_COLUMNS:
        raise BadFile("too-many-columns", f"at most {MAX_COLUMNS} columns are read")
    pairs = zip(_padded(names, width), _padded(captions, width), strict=True)
    columns = tuple(_column(name, label, place, hidden) for place, (name, label) in enumerate(pairs, 1))
    for place, column in enumerate(columns, 1):
        if column.field is not None and any(column.field == other.field for other in columns[: place - 1]):
            raise BadFile("repeated-column", "two columns are the same field", place)
    if not any(column.field in FIELDS for column in columns):
        raise BadFile("no-known-column", "the first line names no field of the standard")
    return columns


def is_labels(cells: Sequence[Cell], heading: Sequence[Cell]) -> bool:
    """True where a line holds nothing but labels of the standard's fields, and one at least under its own column: the
    second line of its workbooks. A row whose words happen to be labels is a row.
    """
    names = [_meant(name) for name in _texts(heading)]
    found = [(place, _labelled(text)) for place, text in enumerate(_texts(cells)) if text]
    own = [
        label.field
        for place, label in found
        if label is not None
        and any(one is not None and one.field == label.field for one in names[place : place + 1])
    ]
    return bool(own) and all(label is not None for _, label in found)


def _column(name: str, label: str, place: int, hidden: bool) -> Column:
    by_name, by_label = _named(name, place), _labelled(label)
    if by_name is None or (hidden and by_label is not None):
        return by_label or by_name or Column(named=False)
    doubted = by_label is not None and by_label.field != by_name.field
    return Column(by_name.field, doubted=doubted)


def _named(name: str, place: int) -> Column | None:
    meant = _meant(name)
    if name and meant is None:
        raise BadFile("unknown-column", "this column is no field of the standard", place)
    return meant


def _meant(name: str) -> Column | None:
    name = _MISSPELT.get(name, name)
    if (name in FIELDS and name not in URGENT_FIELDS) or name in {EXTERNAL_ID, OWN_NUMBER}:
        return Column(name)
    return Column() if NOT_KEPT.match(name) else _labelled(name)


def label_field(label: str) -> str | None:
    """The field under a label of the standard; None where nothing of it is kept here."""
    column = _labelled(label)
    return None if column is None else column.field


def _labelled(label: str) -> Column | None:
    known = " ".join(label.split()).casefold()
    if known in _LABELS:
        return Column(_LABELS[known])
    return Column() if known in _LABELS_NOT_KEPT else None


def _require_answers(names: Sequence[str]) -> None:
    if {"type", "name", "label"} <= set(names) or {"list_name", "name", "label"} <= set(names):
        raise BadFile("survey-form", "this is the survey form itself (XLSForm), not a file of answers")


def _texts(cells: Sequence[Cell]) -> list[str]:
    texts = [shown(cell).lstrip("\ufeff") for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _padded(texts: list[str], width: int) -> list[str]:
    return texts + [""] * (width - len(texts))
