"""The report of everything that is held about a person in this cell: gathered from every service, labelled, without names of staff."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from chassis.database import Transaction
from chassis.directory import roles_of_staff
from chassis.held import find_held, open_held
from chassis.identity.auth import Actor
from chassis.service import Service
from contracts.casefile.fields import FIELDS, from_text
from contracts.internal import HELD_BY, HeldData, HeldRow, HeldSection, HeldValue
from services.intake.rights.held import HELD
from services.intake.rights.spoken import CHECKLIST, label_of, spoken, told

SECTION, DETAIL, FIELD, ROLE, KEPT = "held_section", "held_detail", "field", "staff_role", "kept_reason"


class ReportValue(BaseModel):
    """`value` as it is kept, `shown` in the language of the report."""

    name: str
    label: str
    value: Any
    shown: str


class ReportSection(BaseModel):
    """One kind of thing that one service holds. `kept_for` says why it outlives an erasure; null: it goes with her."""

    service: str
    section: str
    label: str
    kept_for: str | None
    kept_for_label: str | None
    rows: list[list[ReportValue]]


class AccessReport(BaseModel):
    case_id: UUID
    language: str
    sections: list[ReportSection] = Field(description="what is empty is left out")


async def gather(service: Service, actor: Actor, case_id: UUID, person_id: UUID) -> dict[str, HeldData]:
    """Service → what it holds. Raises Unavailable where one does not answer: a report with a hole would pass for whole."""
    async with service.database.transaction(actor.origin()) as tx:
        found = await find_held(tx, HELD, case_id)
    own = await open_held(found, case_id, service.vault, person_id)
    theirs = await asyncio.gather(*(service.peers.ask(call, case_id) for call in HELD_BY.values()))
    return {service.name: own, **dict(zip(HELD_BY, theirs, strict=True))}


async def without_names(tx: Transaction, held: Mapping[str, HeldData]) -> dict[str, HeldData]:
    """In place of a member of staff their roles: she is told which kind of person did it and for whom, and not who."""
    names = {value.value for value in _values(held.values()) if value.name == "by"}
    roles = await roles_of_staff(tx, sorted(names))
    return {name: _unnamed(one, roles) for name, one in held.items()}


def _values(held: Iterable[HeldData]) -> Iterator[HeldValue]:
    return (value for one in held for section in one.sections for row in section.rows for value in row.values)


def _unnamed(held: HeldData, roles: Mapping[str, list[str]]) -> HeldData:
    return HeldData(
        sections=[
            HeldSection(
                section=section.section,
                kept_for=section.kept_for,
                rows=[HeldRow(values=[_role(value, roles) for value in row.values]) for row in section.rows],
            )
            for section in held.sections
        ]
    )


def _role(value: HeldValue, roles: Mapping[str, list[str]]) -> HeldValue:
    if value.name != "by":
        return value
    return HeldValue(name="by", value=roles.get(str(value.value), []), code_list=ROLE)


def report(case_id: UUID, held: Mapping[str, HeldData], language: str, zone: ZoneInfo) -> AccessReport:
    return AccessReport(
        case_id=case_id,
        language=language,
        sections=[
            ReportSection(
                service=name,
                section=section.section,
                label=label_of(SECTION, section.section, language),
                kept_for=section.kept_for,
                kept_for_label=None
                if section.kept_for is None
                else label_of(KEPT, section.kept_for, language),
                rows=[_row(section.section, row.values, language, zone) for row in section.rows],
            )
            for name, one in held.items()
            for section in one.sections
            if section.rows
        ],
    )


def _row(section: str, values: Iterable[HeldValue], language: str, zone: ZoneInfo) -> list[ReportValue]:
    checklist = next((str(one.value) for one in values if one.name == CHECKLIST), None)
    return [_value(section, one, language, zone, checklist) for one in values]


def _value(section: str, one: HeldValue, language: str, zone: ZoneInfo, checklist: str | None) -> ReportValue:
    field = FIELDS.get(one.name)
    value = one.value if field is None else from_text(one.name, one.value)
    code_list = one.code_list if field is None else field.codelist
    label = label_of(DETAIL if field is None else FIELD, one.name, language)
    plain = field is None and code_list is None
    shown = (
        told(section, one.name, value, language, zone, checklist)
        if plain
        else spoken(value, code_list, language)
    )
    return ReportValue(name=one.name, label=label, value=value, shown=shown)
