"""A screening on its way in: evaluated and sealed, with the urgent flags that its answers raise. Never inside a transaction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from uuid import UUID, uuid4

from chassis.identity.auth import Actor
from chassis.problems import Invalid
from chassis.service import Service
from services.intake.casefile.domain.age import Group
from services.intake.casefile.domain.case import Case
from services.intake.casefile.flagging import sealed_flags
from services.intake.casefile.sealing import seal_json
from services.intake.identification.domain.checklist import Checklist, Result, UnknownIndicator, applied
from services.intake.identification.domain.field_classes import ANSWERS, CORRECTION, RESULT
from services.intake.identification.store.records import SealedScreening
from services.intake.identification.use_cases import PreparedScreening


@dataclass(frozen=True, slots=True)
class Correction:
    """The screening that is corrected, and why."""

    corrects: UUID
    reason: str


async def prepared(
    service: Service,
    actor: Actor,
    case: Case,
    requested: Checklist,
    answers: Mapping[str, str],
    correction: Correction | None = None,
) -> PreparedScreening:
    """Raises Invalid for an answer to no question of the list."""
    used = applied(requested, shown_adult=case.age.group is Group.ADULT)
    result, screening_id, vault = _evaluated(used, answers), uuid4(), service.vault
    sealed = SealedScreening(
        screening_id,
        requested.code,
        used.code,
        used.version,
        await seal_json(vault, case.person_id, RESULT, screening_id, asdict(result)),
        await seal_json(vault, case.person_id, ANSWERS, screening_id, dict(answers)),
        None if correction is None else correction.corrects,
        None
        if correction is None
        else await vault.seal(case.person_id, CORRECTION, screening_id, correction.reason),
    )
    raised = used.raised(answers)
    flags = await sealed_flags(service, actor, case, raised) if raised else None
    return PreparedScreening(sealed, flags)


def _evaluated(used: Checklist, answers: Mapping[str, str]) -> Result:
    try:
        return used.evaluate(answers)
    except UnknownIndicator as error:
        place = {"loc": ["body", "answers"], "msg": str(error), "code": "unknown-indicator"}
        raise Invalid(errors=[place]) from error
