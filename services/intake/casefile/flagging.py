"""Urgent flags that an answer raises: they join those that stand, at once and whatever is still to be asked."""

import json
from collections.abc import Set

from chassis.identity.auth import Actor
from chassis.service import Service
from chassis.vault.vault import Sealing
from contracts.casefile.fields import to_text
from contracts.casefile.urgent import as_fields
from services.intake.casefile.age import evidence_of
from services.intake.casefile.domain.case import Case
from services.intake.casefile.domain.field_classes import FLAGS_CLASS
from services.intake.casefile.received_flags import standing_flags
from services.intake.casefile.sealing import fields_to_seal
from services.intake.casefile.use_cases import SealedFields


async def sealed_flags(service: Service, actor: Actor, case: Case, raised: Set[str]) -> SealedFields | None:
    """The flags of the case with these added, on their way in; None where they stand already. Outside any transaction."""
    before = await standing_flags(service, actor.origin(), case.id, case.person_id)
    if raised <= before:
        return None
    flags = sorted(before | raised)
    fields = {name: to_text(values) for name, values in as_fields(flags).items()}
    whole = Sealing(case.person_id, FLAGS_CLASS, case.id, json.dumps(flags))
    sealed, *values = await service.vault.seal_many([whole, *fields_to_seal(case.person_id, case.id, fields)])
    known = await evidence_of(service, actor.origin(), case.id)
    evidence = known.changed({}, flags)
    return SealedFields(
        values=dict(zip(fields, values, strict=True)),
        flags=frozenset(flags),
        flags_before=before,
        sealed_flags=sealed,
        evidence=None if evidence == known else evidence,
        version=case.version,
    )
