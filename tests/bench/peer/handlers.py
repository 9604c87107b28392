"""What the peer's services do with messages: a FastStream subscriber each, and a transaction for each message."""

import asyncio
import hashlib
import hmac
import json
import os
from datetime import UTC
from typing import Any
from uuid import UUID, uuid4

from faststream import AckPolicy
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tests.bench.peer import sealing
from tests.bench.peer.messaging import POLL_S, Event
from tests.bench.peer.parts import Parts, about, fields_of
from tests.bench.peer.tables import (
    Case,
    CaseAccess,
    Consent,
    Disclosure,
    Entry,
    Envelope,
    EnvelopeItem,
    Ledger,
    Outbox,
    PersonKey,
    Received,
    Referral,
    Value,
    Work,
)

NAMES = ("event_id", "source", "type", "stream", "actor", "organisation", "purpose", "policy", "commitment")
"""What stands in a leaf of the log besides its number and time."""


def subscribe(parts: Parts) -> None:
    heard = {
        "consent": (_consent, ("intake", "referral")),
        "referral": (_referral, ("intake", "exchange")),
        "intake": (_intake, ("exchange",)),
        "exchange": (_exchange, ("audit",)),
        "audit": (_audit, ("intake", "consent", "referral", "exchange")),
    }
    options: dict[str, Any] = {"auto_offset_reset": "earliest", "ack_policy": AckPolicy.NACK_ON_ERROR}
    for name, (handler, sources) in heard.items():

        async def on_event(event: Event, name: str = name, handler: Any = handler) -> None:
            async with parts.services[name].hearing(event.id) as session:
                if session is not None:
                    await handler(parts, session, event)

        topics = [parts.services[source].topic for source in sources]
        parts.broker.subscriber(*topics, group_id=f"peer-{name}", **options)(_plain(on_event))

    @parts.partner.subscriber(parts.ingress, group_id="peer-border", **options)
    async def on_envelope(body: dict[str, str]) -> None:
        await _opened(parts, body)


def _plain(on_event: Any) -> Any:
    """The handler with the one parameter that the message fills."""

    async def handle(event: Event) -> None:
        await on_event(event)

    return handle


async def _consent(parts: Parts, session: AsyncSession, event: Event) -> None:
    if event.type == "case.assigned.v1":
        await _keep_access(session, event)
    elif event.type == "referral.sent.v1":
        told, case = event.data, UUID(event.stream)
        found = select(Consent).where(Consent.case_id == case, Consent.state == "given")
        given = (await session.scalars(found.with_for_update())).first()
        terms = given.terms if given else {"purposes": [], "recipients": [], "categories": []}
        fields = fields_of(terms, told["purpose"], told["recipient"], told["fields"])
        type_ = "disclosure.authorised.v1" if fields else "disclosure.refused.v1"
        session.add(Ledger(case_id=case, referral_id=UUID(told["referral_id"]), step=type_.split(".")[1]))
        await parts.services["consent"].say(
            session, type_, case, told | {"fields": fields}, event.actor, event.organisation
        )


async def _keep_access(session: AsyncSession, event: Event) -> None:
    kept = insert(CaseAccess).values(case_id=UUID(event.stream), **event.data)
    await session.execute(kept.on_conflict_do_update(index_elements=["case_id"], set_=event.data))


async def _referral(parts: Parts, session: AsyncSession, event: Event) -> None:
    told, case = event.data, UUID(event.stream)
    if event.type == "case.assigned.v1":
        await _keep_access(session, event)
    elif event.type == "disclosure.received.v1":
        details = {name: told[name] for name in ("service", "purpose", "urgency")}
        referral = UUID(told["referral_id"])
        session.add(
            Referral(
                id=referral, case_id=case, half="incoming", state="received",
                recipient=told["recipient"], details=details,
            )
        )  # fmt: skip
        await parts.services["referral"].say(
            session,
            "referral.received.v1",
            case,
            {"referral": str(referral)},
            event.actor,
            event.organisation,
        )
    elif event.type == "envelope.delivered.v1":
        sent = await session.get_one(Referral, UUID(told["referral_id"]), with_for_update=True)
        sent.state = "received"
        await parts.services["referral"].say(
            session,
            "referral.delivered.v1",
            case,
            {"referral": str(sent.id)},
            event.actor,
            event.organisation,
        )


async def _intake(parts: Parts, session: AsyncSession, event: Event) -> None:
    """The case of a person from abroad, with what was told of her under a key of her own here."""
    if event.type != "disclosure.received.v1":
        return
    case, told = UUID(event.stream), event.data
    session.add(PersonKey(person_id=case, wrapped=bytes.fromhex(told["key"])))
    await session.flush()
    values = [
        Value(field=name, sealed=bytes.fromhex(sealed), written_by="exchange")
        for name, sealed in told["values"].items()
    ]
    session.add(
        Case(
            id=case, person_id=case, reference=f"{parts.facts.code}-{case.hex[:10]}", channel="border",
            urgency=told["urgency"], languages=[], state="assigned", organisation=told["recipient"],
            opened_by="exchange", values=values,
        )
    )  # fmt: skip
    await session.flush()
    session.add(Disclosure(referral_id=UUID(told["referral_id"]), case_id=case))
    await parts.services["intake"].say(
        session, "case.opened.v1", case, {"urgency": told["urgency"]}, event.actor, event.organisation
    )


async def _exchange(parts: Parts, session: AsyncSession, event: Event) -> None:
    """A disclosure that stands in the log is due."""
    if event.type == "disclosure.logged.v1":
        body = event.data | {"case_id": event.stream, "actor": event.actor, "org": event.organisation}
        session.add(Work(id=event.id, kind="seal", body=body))


async def _audit(parts: Parts, session: AsyncSession, event: Event) -> None:
    last = select(Entry).order_by(Entry.entry.desc()).limit(1).with_for_update()
    before = (await session.scalars(last)).first()
    details, salt = json.dumps(event.data), os.urandom(32)
    row = Entry(
        entry=(before.entry if before else 0) + 1, event_id=event.id, salt=salt, details=details,
        previous=before.hash if before else "0" * 64,
        commitment=hmac.new(salt, canonical(event.data), hashlib.sha256).hexdigest(),
        **event.model_dump(exclude={"id", "data"}),
    )  # fmt: skip
    leaf = {name: str(getattr(row, name)) for name in NAMES} | {"entry": row.entry}
    leaf["time"] = row.time.astimezone(UTC).isoformat(timespec="microseconds")
    row.hash = hashlib.sha256(bytes.fromhex(row.previous) + canonical(leaf)).hexdigest()
    session.add(row)
    if event.type == "disclosure.authorised.v1":
        await parts.services["audit"].say(
            session, "disclosure.logged.v1", UUID(event.stream), event.data, event.actor, event.organisation
        )


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


async def seal_what_is_due(parts: Parts) -> None:
    """Poll the work of exchange; what another service is asked for is asked before the transaction."""
    due = select(Work).where(Work.state == "due").order_by(Work.due_at).limit(10)
    while True:
        async with parts.services["exchange"].sessions() as session:
            works = list(await session.scalars(due))
        for work in works:
            await _seal(parts, work)
        if not works:
            await asyncio.sleep(POLL_S)


async def _seal(parts: Parts, work: Work) -> None:
    told, exchange = work.body, parts.services["exchange"]
    case, referral = told["case_id"], told["referral_id"]
    values = (
        await parts.http.get(f"/intake/internal/cases/{case}/values", params={"referral_id": referral})
    ).raise_for_status()
    asked = await parts.http.post("/consent/internal/tokens", json={"case_id": case, "referral_id": referral})
    token = sealing.claims_of(asked.raise_for_status().json()["token"], parts.keys["signer"])
    disclosed = {name: text for name, text in values.json().items() if name in told["fields"]}
    content = {"id": str(uuid4()), "class": "disclosure", "values": disclosed, "token": token}
    content |= {name: told[name] for name in ("referral_id", "recipient", "service", "purpose", "urgency")}
    async with exchange.sessions.begin() as session:
        mine = await session.get_one(Work, work.id, with_for_update=True)
        mine.state = "done"
        await _send(parts, session, content, UUID(case))
        sealed = {"referral_id": referral, "envelope": content["id"]}
        await exchange.say(session, "envelope.sealed.v1", UUID(case), sealed, told["actor"], told["org"])


async def _send(parts: Parts, session: AsyncSession, content: dict[str, Any], case: UUID) -> None:
    sealed = sealing.seal(content, parts.keys["signer"], parts.keys["partner_reader"])
    envelope = UUID(content["id"])
    session.add(Envelope(id=envelope, content=sealed))
    await session.flush()
    session.add(EnvelopeItem(id=uuid4(), envelope_id=envelope, case_id=case, item_class=content["class"]))
    payload = {"id": content["id"], "sealed": sealed}
    session.add(Outbox(topic=parts.egress, key=content["id"], payload=payload))


async def _opened(parts: Parts, body: dict[str, str]) -> None:
    """An envelope from abroad: kept as it came, opened, and answered with a receipt; or the receipt itself."""
    async with parts.services["exchange"].hearing(UUID(body["id"])) as session:
        if session is None:
            return
        content = sealing.unseal(body["sealed"], parts.keys["partner_signer"], parts.keys["reader"])
        recipient = content.get("recipient")
        session.add(Received(id=UUID(body["id"]), content=body["sealed"], recipient=recipient))
        actor, exchange = f"cell:{parts.facts.partner}", parts.services["exchange"]
        if content["class"] == "receipt":
            told = {"referral_id": content["referral_id"]}
            await exchange.say(session, "envelope.delivered.v1", UUID(content["case_id"]), told, actor, "")
            return
        case = uuid4()
        receipt = {"id": str(uuid4()), "class": "receipt", "referral_id": content["referral_id"]}
        await _send(parts, session, receipt | {"case_id": content["token"]["case"]}, case)
        await exchange.say(session, "disclosure.received.v1", case, _kept(parts, content, case), actor, "")


def _kept(parts: Parts, content: dict[str, Any], case: UUID) -> dict[str, Any]:
    secret = sealing.new_key()
    values = {
        name: sealing.hide(secret, text.encode(), about(case, name)).hex()
        for name, text in content["values"].items()
    }
    told = {name: content[name] for name in ("referral_id", "recipient", "service", "purpose", "urgency")}
    return told | {"values": values, "key": sealing.hide(parts.master, secret, str(case)).hex()}
