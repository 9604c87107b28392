"""The peer's routes, as FastAPI and the ORM are usually used: the five commands of the script, and what exchange asks of the others."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, Header, HTTPException, Response
from joserfc.errors import JoseError
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.bench.peer import sealing
from tests.bench.peer.parts import Parts, about
from tests.bench.peer.tables import Case, CaseAccess, Consent, Ledger, PersonKey, Referral, Value, now


class Who(BaseModel):
    sub: str
    org: str
    role: str


class OpenCase(BaseModel):
    channel: str
    urgency: str
    languages: list[str]
    fields: dict[str, str]


class Assignment(BaseModel):
    organisation: str
    workers: list[str]


class Recipient(BaseModel):
    organisation: str
    country: str


class GiveConsent(BaseModel):
    decision: str
    purposes: list[str]
    recipients: list[Recipient]
    categories: list[str]
    back_categories: list[str]
    notice_version: str
    language: str
    risks_explained: bool
    method: str
    valid_until: datetime


class DraftReferral(BaseModel):
    case_id: UUID
    recipient: str
    service: str
    purpose: str
    urgency: str
    fields: list[str]


class ForToken(BaseModel):
    case_id: UUID
    referral_id: UUID


Key = Annotated[str, Header(alias="Idempotency-Key")]


def made(parts: Parts) -> FastAPI:
    app = FastAPI()

    def signed_in(authorization: Annotated[str, Header()]) -> Who:
        try:
            return Who(**sealing.claims_of(authorization.removeprefix("Bearer "), parts.keys["issuer"]))
        except JoseError as error:
            raise HTTPException(401) from error

    intake_routes(app, parts, signed_in)
    consent_routes(app, parts, signed_in)
    referral_routes(app, parts, signed_in)
    return app


def intake_routes(app: FastAPI, parts: Parts, signed_in: Callable[..., Who]) -> None:
    intake = parts.services["intake"]

    @app.post("/intake/v1/cases", status_code=201)
    async def open_case(
        form: OpenCase, key: Key, answer: Response, who: Annotated[Who, Depends(signed_in)]
    ) -> dict[str, UUID]:
        if who.role != "supervisor":
            raise HTTPException(403)

        async def act(session: AsyncSession) -> UUID:
            person, secret, case = uuid4(), sealing.new_key(), uuid4()
            session.add(PersonKey(person_id=person, wrapped=sealing.hide(parts.master, secret, str(person))))
            await session.flush()
            session.add(
                Case(
                    id=case, person_id=person, reference=f"{parts.facts.code}-{case.hex[:10]}",
                    opened_by=who.sub, **form.model_dump(exclude={"fields"}),
                    values=[
                        Value(
                            field=name,
                            sealed=sealing.hide(secret, text.encode(), about(case, name)),
                            written_by=who.sub,
                        )
                        for name, text in form.fields.items()
                    ],
                )
            )  # fmt: skip
            await intake.say(session, "case.opened.v1", case, {"urgency": form.urgency}, who.sub, who.org)
            return case

        answer.headers["ETag"] = '"1"'
        return {"id": await intake.once(key, act)}

    @app.post("/intake/v1/cases/{case_id}/assignment")
    async def assign(
        case_id: UUID,
        form: Assignment,
        key: Key,
        if_match: Annotated[str, Header()],
        who: Annotated[Who, Depends(signed_in)],
    ) -> dict[str, UUID]:
        async def act(session: AsyncSession) -> UUID:
            case = await session.get(Case, case_id, with_for_update=True)
            if case is None or who.role != "supervisor":
                raise HTTPException(404)
            if f'"{case.version}"' != if_match:
                raise HTTPException(412)
            case.organisation, case.workers, case.state = form.organisation, form.workers, "assigned"
            await intake.say(session, "case.assigned.v1", case_id, form.model_dump(), who.sub, who.org)
            return case_id

        return {"id": await intake.once(key, act)}

    @app.get("/intake/internal/cases/{case_id}/values")
    async def values(case_id: UUID, referral_id: UUID) -> dict[str, str]:
        async with intake.sessions.begin() as session:
            found = select(Case).where(Case.id == case_id).options(selectinload(Case.values))
            case = (await session.scalars(found)).one()
            wrapped = await session.get_one(PersonKey, case.person_id)
            secret = sealing.show(parts.master, wrapped.wrapped, str(case.person_id))
            read = {"referral": str(referral_id), "fields": [one.field for one in case.values]}
            await intake.say(session, "values.read.v1", case_id, read, "exchange", case.organisation or "")
            return {
                one.field: sealing.show(secret, one.sealed, about(case_id, one.field)).decode()
                for one in case.values
            }


def consent_routes(app: FastAPI, parts: Parts, signed_in: Callable[..., Who]) -> None:
    consent = parts.services["consent"]

    @app.post("/consent/v1/cases/{case_id}/consents", status_code=201)
    async def record_consent(
        case_id: UUID, form: GiveConsent, key: Key, who: Annotated[Who, Depends(signed_in)]
    ) -> dict[str, UUID]:
        async def act(session: AsyncSession) -> UUID:
            await require_access(session, case_id, who)
            terms = json.loads(form.model_dump_json(exclude={"valid_until", "recipients"}))
            terms["recipients"] = [one.organisation for one in form.recipients]
            given = Consent(case_id=case_id, terms=terms, valid_until=form.valid_until, recorded_by=who.sub)
            session.add(given)
            await session.flush()
            await consent.say(session, "consent.given.v1", case_id, terms, who.sub, who.org)
            return given.id

        return {"id": await consent.once(key, act)}

    @app.post("/consent/internal/tokens")
    async def seal_token(form: ForToken) -> dict[str, str]:
        async with consent.sessions.begin() as session:
            found = select(Consent).where(Consent.case_id == form.case_id, Consent.state == "given")
            given = (await session.scalars(found.with_for_update())).first()
            if given is None or given.valid_until < now():
                raise HTTPException(409)
            session.add(Ledger(case_id=form.case_id, referral_id=form.referral_id, step="token"))
            told = {"case": str(form.case_id), "referral": str(form.referral_id), "consent": str(given.id)}
            return {"token": sealing.token(told, parts.keys["signer"])}


def referral_routes(app: FastAPI, parts: Parts, signed_in: Callable[..., Who]) -> None:
    service = parts.services["referral"]

    @app.post("/referral/v1/referrals", status_code=201)
    async def draft(
        form: DraftReferral, key: Key, who: Annotated[Who, Depends(signed_in)]
    ) -> dict[str, UUID]:
        async def act(session: AsyncSession) -> UUID:
            await require_access(session, form.case_id, who)
            details = form.model_dump(exclude={"case_id", "recipient"})
            drafted = Referral(
                case_id=form.case_id,
                half="outgoing",
                state="draft",
                recipient=form.recipient,
                details=details,
            )
            session.add(drafted)
            await session.flush()
            return drafted.id

        return {"id": await service.once(key, act)}

    @app.post("/referral/v1/referrals/{referral_id}/send")
    async def send(referral_id: UUID, key: Key, who: Annotated[Who, Depends(signed_in)]) -> dict[str, UUID]:
        async def act(session: AsyncSession) -> UUID:
            referral = await session.get(Referral, referral_id, with_for_update=True)
            if referral is None:
                raise HTTPException(404)
            await require_access(session, referral.case_id, who)
            if referral.state != "draft":
                raise HTTPException(409)
            referral.state = "requested"
            told: dict[str, Any] = referral.details | {
                "referral_id": str(referral_id),
                "recipient": referral.recipient,
            }
            await service.say(session, "referral.sent.v1", referral.case_id, told, who.sub, who.org)
            return referral_id

        return {"id": await service.once(key, act)}


async def require_access(session: AsyncSession, case_id: UUID, who: Who) -> None:
    access = await session.get(CaseAccess, case_id)
    if access is None or access.organisation != who.org or who.sub not in access.workers:
        raise HTTPException(404)
