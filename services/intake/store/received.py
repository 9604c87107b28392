"""Cases as far as they came from elsewhere: loaded for a batch of events by one query each, saved as a set."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import remember
from services.intake.domain.case import State as CaseState
from services.intake.domain.received import CHANNEL, CLOSED, Disclosure, Grant, ReceivedFile, State
from services.intake.store.cases import remember_all

# What is not there cannot be locked: without this, two processes that hear of a disclosure and of its referral's acceptance
# at the same time would each write what the other does not know of.
_ONE_AT_A_TIME = text(
    """
    select pg_advisory_xact_lock(hashtext('intake.received'), hashtext(k.id::text))
    from (select id from unnest(cast(:ids as uuid[])) as u(id) order by id) as k
    """
)
_CASES = text(
    """
    select id, person_id, organisation, urgency, state, channel
    from intake.cases where id = any(cast(:ids as uuid[])) order by id for update
    """
)
_DISCLOSURES = text(
    "select * from intake.disclosures where case_id = any(cast(:ids as uuid[])) order by id for update"
)
_ACCEPTED = text(
    "select case_id, referral_id from intake.accepted_referrals where case_id = any(cast(:ids as uuid[]))"
)
_OPEN = text(
    """
    insert into intake.cases (id, person_id, organisation, channel, urgency, opened_at, opened_by)
    select c.id, c.person_id, c.organisation, :channel, c.urgency, c.opened_at, :by
    from unnest(cast(:ids as uuid[]), cast(:persons as uuid[]), cast(:organisations as text[]),
                cast(:urgencies as text[]), cast(:opened as timestamptz[]))
         as c(id, person_id, organisation, urgency, opened_at)
    """
)
_MOVE = text(
    """
    update intake.cases as c set state = n.state, person_id = n.person_id, version = c.version + 1,
        came_flags = case when n.state <> 'erased' and n.person_id = c.person_id then c.came_flags end,
        updated_at = now()
    from unnest(cast(:ids as uuid[]), cast(:states as text[]), cast(:persons as uuid[])) as n(id, state, person_id)
    where c.id = n.id
    """
)
_NOBODYS = text("update intake.cases set workers = '{}' where id = :id")
_ACCEPT = text(
    """
    insert into intake.accepted_referrals (case_id, referral_id)
    select * from unnest(cast(:cases as uuid[]), cast(:referrals as uuid[])) on conflict do nothing
    """
)
_PUT = text(
    """
    insert into intake.disclosures (id, case_id, referral_id, state, received_at, closed_at, closed_for, retained_by, corrected)
    select d.id, d.case_id, d.referral_id, d.state, cast(:now as timestamptz),
        case when d.closed then cast(:now as timestamptz) end, d.closed_for, d.retained_by, string_to_array(d.corrected, ',')
    from unnest(cast(:ids as uuid[]), cast(:cases as uuid[]), cast(:referrals as uuid[]), cast(:states as text[]),
                cast(:closed as boolean[]), cast(:closed_for as text[]), cast(:retained as text[]), cast(:corrected as text[]))
         as d(id, case_id, referral_id, state, closed, closed_for, retained_by, corrected)
    on conflict (id) do update set state = excluded.state, corrected = excluded.corrected, retained_by = excluded.retained_by,
        closed_for = coalesce(intake.disclosures.closed_for, excluded.closed_for),
        closed_at = coalesce(intake.disclosures.closed_at, excluded.closed_at)
    """
)
_GRANT = text(
    """
    update intake.disclosures as d set organisation = g.recipient, sender = g.sender, sender_cell = g.sender_cell,
        service = g.service, purpose = g.purpose, kind = g.kind, agreement_id = g.agreement_id, agreement_version = g.agreement_version,
        consent_revision = g.consent_revision, consent_sha256 = g.consent_sha256,
        fields = string_to_array(nullif(g.fields, ''), ','),
        back_categories = string_to_array(nullif(g.back_categories, ''), ','), valid_until = g.valid_until
    from unnest(cast(:ids as uuid[]), cast(:recipients as text[]), cast(:senders as text[]), cast(:cells as text[]),
                cast(:services as text[]), cast(:purposes as text[]), cast(:agreements as text[]),
                cast(:versions as integer[]), cast(:revisions as integer[]), cast(:hashes as text[]),
                cast(:fields as text[]), cast(:back as text[]), cast(:until as timestamptz[]), cast(:kinds as text[]))
         as g(id, recipient, sender, sender_cell, service, purpose, agreement_id, agreement_version, consent_revision,
              consent_sha256, fields, back_categories, valid_until, kind)
    where d.id = g.id
    """
)
_KEEP = text(
    """
    insert into intake.fields (case_id, field, source, disclosure_id, organisation, value, recorded_at, recorded_by)
    select f.case_id, f.field, 'received', f.disclosure_id, f.organisation, f.value, :now, :by
    from unnest(cast(:cases as uuid[]), cast(:fields as text[]), cast(:disclosures as uuid[]),
                cast(:organisations as text[]), cast(:values as text[]))
         as f(case_id, field, disclosure_id, organisation, value)
    on conflict do nothing
    """
)
_DELETE = text("delete from intake.fields where disclosure_id = any(cast(:ids as uuid[]))")
# Only while this person's key still is the case's: a later disclosure may have opened it again under another.
_ERASED = text(
    "update intake.cases set state = 'erased', came_flags = null, version = version + 1"
    " where id = :case_id and person_id = :person"
)


async def load(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, ReceivedFile]:
    """An entry for every case; an empty one where the case is not here yet."""
    ids = {"ids": list(keys)}
    await tx.execute(_ONE_AT_A_TIME, ids)
    files = {key: ReceivedFile(key) for key in keys}
    for row in await tx.execute(_CASES, ids):
        files[row.id] = ReceivedFile(
            row.id,
            row.person_id,
            row.organisation,
            row.urgency,
            CaseState(row.state),
            opened_here=row.channel != CHANNEL,
        )
    for row in await tx.execute(_DISCLOSURES, ids):
        files[row.case_id].disclosures[row.id] = _disclosure(row)
    for row in await tx.execute(_ACCEPTED, ids):
        files[row.case_id].accepted.add(row.referral_id)
    return files


async def erased(tx: Transaction, case_id: UUID, person_id: UUID) -> None:
    """The key of this person is destroyed: nobody reads or writes in this case until she is referred again."""
    await tx.execute(_ERASED, {"case_id": case_id, "person": person_id})


async def save(tx: Transaction, files: Sequence[ReceivedFile]) -> None:
    await _save_cases(tx, [file for file in files if file.changed])
    accepted = [(file.case_id, referral) for file in files for referral in sorted(file.newly_accepted)]
    if accepted:
        cases, referrals = zip(*accepted, strict=True)
        await tx.execute(_ACCEPT, {"cases": list(cases), "referrals": list(referrals)})
    await _save_disclosures(tx, [d for file in files for d in file.disclosures.values() if d.changed])


async def _save_cases(tx: Transaction, files: Sequence[ReceivedFile]) -> None:
    new = [file for file in files if file.opened_at is not None]
    if new:
        parameters = {
            "ids": [f.case_id for f in new],
            "organisations": [f.organisation for f in new],
            "persons": [f.person_id for f in new],
            "urgencies": [f.urgency for f in new],
            "opened": [f.opened_at for f in new],
            "channel": CHANNEL,
            "by": tx.origin.actor,
        }
        await tx.execute(_OPEN, parameters)
        await remember_all(tx, {f.case_id: f.organisation for f in new})
    for file in files:
        if file.reopened:
            await tx.execute(_NOBODYS, {"id": file.case_id})
            await remember(tx, file.case_id, file.organisation)
    moved = [file for file in files if file.opened_at is None or file.state is not CaseState.OPEN]
    if moved:
        states, persons = [f.state for f in moved], [f.person_id for f in moved]
        await tx.execute(_MOVE, {"ids": [f.case_id for f in moved], "states": states, "persons": persons})


async def _save_disclosures(tx: Transaction, changed: Sequence[Disclosure]) -> None:
    if not changed:
        return
    parameters = {
        "ids": [d.id for d in changed],
        "cases": [d.case_id for d in changed],
        "referrals": [d.referral_id for d in changed],
        "states": [d.state for d in changed],
        "closed": [d.state in CLOSED for d in changed],
        "closed_for": [d.closed_for for d in changed],
        "retained": [d.retained_by for d in changed],
        "corrected": [",".join(d.corrected) for d in changed],
        "now": tx.now,
    }
    await tx.execute(_PUT, parameters)
    granted = [(d.id, d.grant) for d in changed if d.grant is not None]
    if granted:
        await tx.execute(_GRANT, _grants(granted))
    await _keep(tx, changed)
    closed = [d.id for d in changed if d.state in CLOSED]
    if closed:
        await tx.execute(_DELETE, {"ids": closed})


async def _keep(tx: Transaction, changed: Sequence[Disclosure]) -> None:
    kept = [(d, name, value) for d in changed for name, value in d.values.items()]
    if not kept:
        return
    parameters = {
        "cases": [d.case_id for d, _, _ in kept],
        "fields": [name for _, name, _ in kept],
        "disclosures": [d.id for d, _, _ in kept],
        "organisations": [d.grant.recipient if d.grant else "" for d, _, _ in kept],
        "values": [value for _, _, value in kept],
        "now": tx.now,
        "by": tx.origin.actor,
    }
    await tx.execute(_KEEP, parameters)


def _grants(granted: Sequence[tuple[UUID, Grant]]) -> dict[str, list[Any]]:
    grants = [grant for _, grant in granted]
    return {
        "ids": [disclosure_id for disclosure_id, _ in granted],
        "recipients": [g.recipient for g in grants],
        "senders": [g.sender for g in grants],
        "cells": [g.sender_cell for g in grants],
        "services": [g.service for g in grants],
        "purposes": [g.purpose for g in grants],
        "agreements": [g.agreement_id for g in grants],
        "versions": [g.agreement_version for g in grants],
        "revisions": [g.consent_revision for g in grants],
        "hashes": [g.consent_sha256 for g in grants],
        "fields": [",".join(g.fields) for g in grants],
        "back": [",".join(g.back_categories) for g in grants],
        "until": [g.valid_until for g in grants],
        "kinds": [g.kind for g in grants],
    }


def _disclosure(row: Any) -> Disclosure:
    grant = None
    if row.valid_until is not None:
        grant = Grant(
            row.sender,
            row.sender_cell,
            row.organisation,
            row.service,
            row.purpose,
            row.agreement_id,
            row.agreement_version,
            row.consent_revision,
            row.consent_sha256,
            tuple(row.fields or ()),
            tuple(row.back_categories or ()),
            row.valid_until,
            row.kind,
        )
    return Disclosure(
        row.id,
        row.case_id,
        row.referral_id,
        State(row.state),
        grant,
        closed_for=row.closed_for,
        retained_by=row.retained_by,
        corrected=tuple(row.corrected),
    )
