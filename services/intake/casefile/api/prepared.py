"""The preparation of routes before their transaction begins: check the right to the case, and seal under the person's
key.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from chassis.identity.auth import Actor
from chassis.problems import Invalid, WrongState
from chassis.service import Service
from contracts.casefile.buddhist_era import READINGS, WHICH_ERA, AmbiguousYear, common_era
from contracts.casefile.decided import DECIDED_ELSEWHERE
from contracts.casefile.fields import FIELDS, NEEDS, InvalidField, checked, to_text
from contracts.casefile.partial_date import InvalidDate, PartialDate
from contracts.casefile.urgent import as_fields
from contracts.codes import UnknownCode
from services.intake.casefile.domain.case import Case, CaseState, CaseVerb
from services.intake.casefile.store import cases

FieldsSent = Mapping[str, str | list[str] | None]

_REMOVABLE = frozenset({NEEDS})
"""An assessment has at least one need: a case without needs has the field removed."""


async def case_to_write(service: Service, actor: Actor, verb: CaseVerb, case_id: UUID) -> Case:
    """The case as it is now, in a short transaction of its own. NotFound, or WrongState where its key is gone."""
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, cases.ACTIONS[verb], case_id)
    if case.state is CaseState.ERASED:
        raise WrongState
    return case


def checked_fields(service: Service, sent: FieldsSent) -> dict[str, str | None]:
    """Each field in its canonical form, as the text that is sealed; None is removed, by the same rules as a value is
    recorded.

    A date of the Buddhist era is taken where the country counts by it. Raises Invalid, naming fields and never values.
    """
    today, buddhist = service.today(), service.settings.country.buddhist_era
    kept: dict[str, str | None] = {}
    errors: list[dict[str, object]] = []
    for name, value in sent.items():
        try:
            kept[name] = _checked(name, value, today, buddhist=buddhist)
        except _RefusedValue as refused:
            known = name if name in FIELDS else "*"
            errors.append({"loc": ["body", "fields", known], "msg": str(refused), **refused.told})
    if errors:
        raise Invalid(errors=errors)
    return kept


def flag_fields(flags: Collection[str]) -> dict[str, str]:
    """The flags as they now stand, as the texts of the fields that are disclosed."""
    return {name: to_text(values) for name, values in as_fields(flags).items()}


def canonical_date(service: Service, text: str) -> str:
    """A date in its canonical form; of the Buddhist era too where the country counts by it. Raises InvalidDate."""
    return str(PartialDate.parse(common_era(text) if service.settings.country.buddhist_era else text))


def checked_date(service: Service, text: str, place: Sequence[str]) -> str:
    """A date that is looked for, in its canonical form. Raises Invalid."""
    try:
        return canonical_date(service, text)
    except InvalidDate as error:
        raise Invalid(errors=[{"loc": list(place), "msg": str(error), **_refused_date(error)}]) from None


def _refused_date(error: InvalidDate) -> dict[str, object]:
    if isinstance(error, AmbiguousYear):
        return {"code": WHICH_ERA, "readings": list(READINGS)}
    return {"code": "invalid"}


class _RefusedValue(ValueError):
    def __init__(self, message: str, **told: object) -> None:
        super().__init__(message)
        self.told = told


def _checked(name: str, value: str | Sequence[str] | None, today: date, *, buddhist: bool) -> str | None:
    if name not in FIELDS:
        raise _RefusedValue("this is no field of a case file", code="unknown-field")
    if name in DECIDED_ELSEWHERE and not (value is None and name in _REMOVABLE):
        raise _RefusedValue(DECIDED_ELSEWHERE[name], code="decided-elsewhere")
    if value is None:
        return None
    try:
        if buddhist and FIELDS[name].kind == "date" and isinstance(value, str):
            value = common_era(value)
        text = to_text(checked(name, value))
    except UnknownCode as error:
        raise _RefusedValue(str(error), code="unknown-code") from None
    except InvalidDate as error:
        raise _RefusedValue(str(error), **_refused_date(error)) from None
    except InvalidField as error:
        raise _RefusedValue(str(error), code="invalid") from None
    if FIELDS[name].kind == "date" and PartialDate.parse(text).is_future(today):
        raise _RefusedValue("this date is still to come", code="date-in-the-future")
    return text
