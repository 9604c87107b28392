"""Consents, protections and grants, in every state in which they may be found."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from services.consent.domain.notice import NoticeState
from services.consent.domain.states import State
from tests.authorisation.table import CASE, HAND_OVER, NOTICE
from tests.authorisation.thing import Maker, Thing, as_made, asked, closing, then
from tests.authorisation.worlds import Consent, Made
from tests.consent import making as consenting
from tests.returns.making import transferred

CONSENT, PROTECTION = "/v1/consents/{consent_id}", "/v1/protections/{consent_id}"
VERBS = ("renew", "confirm-guardian", "withdraw", "withdraw-part", "revoke")
COMMANDS = frozenset(
    {
        *(f"{CONSENT}/{verb}" for verb in VERBS),
        *(f"{PROTECTION}/{verb}" for verb in ("approve", "decline", "review")),
    }
)
DECLINE = ("supervisor", "POST", f"{PROTECTION}/decline", {"reasons": "she can be asked"})
REVIEW = {"upheld": True, "reasons": "seen with the doctor"}
APPROVE = ("supervisor", "POST", f"{NOTICE}/approve", None, '"2"')
CONFIRM = ("worker", "POST", f"{CONSENT}/confirm-guardian", {"not_involved": True}, '"1"')
WITHDRAW = ("worker", "POST", f"{CONSENT}/withdraw", None)
REVOKE = ("supervisor", "POST", f"{CONSENT}/revoke", None)
GUARDED = consenting.agreed(**consenting.GUARDED)


def _answered(decision: str, **changes: object) -> Maker:
    async def make(world: Consent) -> Made:
        made = await world.case()
        form = consenting.answer(decision, **changes)
        answer = await world.ask("worker", "POST", f"{CASE}/consents".format(**made), form)
        return {**made, "consent_id": answer.json()["id"]}

    return make


async def _answered_since(world: Consent) -> Made:
    """Since a worker asked for her protection she was asked herself."""
    made = await world.requested()
    await world.harness.deliver(consenting.age_known(UUID(made["case_id"])))
    await world.ask("worker", "POST", CONSENTS.format(**made), consenting.answer())
    return made


async def _expired(world: Consent) -> Made:
    made = await world.case()
    ends = datetime.now(UTC) + timedelta(seconds=0.5)
    form = consenting.answer("given", valid_until=ends.isoformat())
    answer = await world.ask("worker", "POST", f"{CASE}/consents".format(**made), form)
    assert answer.status_code == 201, answer.text
    await asyncio.sleep(0.5)
    await world.harness.work(hasten=True)
    return {**made, "consent_id": answer.json()["id"]}


async def _child_of_one_worker(world: Consent) -> Made:
    """Recorded by the worker, who is not the second person."""
    made = await world.case()
    await world.harness.deliver(consenting.age_known(UUID(made["case_id"]), "child", "unknown"))
    form = consenting.answer(**consenting.GUARDED)
    answer = await world.ask("worker", "POST", f"{CASE}/consents".format(**made), form)
    return {**made, "consent_id": answer.json()["id"]}


async def _of_age(world: Consent) -> Made:
    """A guardian's consent was confirmed; now she is found to be adult, and is asked herself."""
    made = await asked("guarded", CONFIRM)(world)
    await world.harness.deliver(consenting.age_known(UUID(made["case_id"])))
    return made


async def _revoked_under(world: Consent) -> Made:
    """What was disclosed here was disclosed under a consent that was revoked since."""
    sent = await world.consent()
    event = consenting.referral_sent(UUID(sent["case_id"]))
    await world.harness.deliver(event)
    await world.ask("supervisor", "POST", f"{CONSENT}/revoke".format(**sent))
    return await world.granted_to(event.referral_id)


async def _aged(world: Consent, age: str | None) -> Made:
    """A case in the worker's hands, of one of this age, or of whom nothing has arrived about that."""
    case_id, person_id = uuid4(), uuid4()
    await world.harness.service.vault.create(person_id)
    await world.harness.deliver(consenting.case_opened(case_id, person_id))
    await world.assign(case_id)
    if age is not None:
        await world.harness.deliver(consenting.age_known(case_id, age, "unknown"))
    return {"case_id": str(case_id)}


async def _child(world: Consent) -> Made:
    return await _aged(world, "child")


async def _no_age(world: Consent) -> Made:
    return await _aged(world, None)


async def _child_who_may_go(world: Consent) -> Made:
    """Her guardian agreed that she goes to the shelter, before a colleague, and a second person has looked at that."""
    made = await _child(world)
    form = {**GUARDED_HAND_OVER["answer"], "decision": "given"}
    recorded = await world.ask("supervisor", "POST", CONSENTS.format(**made), form)
    consent = {"consent_id": recorded.json()["id"]}
    kind, method, path, *seen = CONFIRM
    await world.ask(kind, method, path.format(**consent), *seen)
    return made


async def _superseded(world: Consent) -> Made:
    """Another was approved in its language."""
    made = await asked("proposed_notice", APPROVE)(world)
    await asked("proposed_notice", APPROVE)(world)
    return made


async def _case_without_person(world: Consent) -> Made:
    """It was assigned, and whose it is has not arrived."""
    await world.assign(case_id := uuid4())
    return {"case_id": str(case_id)}


CONSENTS = f"{CASE}/consents"
MAKES = frozenset(
    f"{CASE}/{what}" for what in ("consents", "protections", "hand-overs", "hand-overs/preview")
)
TO_THE_WARD = {"recipient": "th-ward", "law": "th-personal-data-26-1", "reasons": "unconscious"}
GUARDED_HAND_OVER = {**HAND_OVER, "answer": {**HAND_OVER["answer"], **consenting.GUARDED}}
GUARDED_BODIES = {
    "consents": consenting.answer(**consenting.GUARDED),
    "hand-overs": GUARDED_HAND_OVER,
    "preview": GUARDED_HAND_OVER,
}

CONSENT_THINGS = (
    Thing(
        "consent",
        CONSENTS,
        {
            **as_made("case"),
            "she said no": _answered("refused"),
            "she took it back": asked("consent", WITHDRAW),
            "handed over": then("case", lambda made: [transferred(UUID(made["case_id"]))]),
            "closed": then("case", closing),
        },
        commands=MAKES,
    ),
    Thing(
        "consent",
        CONSENTS,
        as_made("protected"),
        bodies={"protections": TO_THE_WARD},
        commands=MAKES,
        name="consents beside a protection",
    ),
    Thing(
        "consent",
        CONSENTS,
        {"child": _child, "child who may go": _child_who_may_go},
        bodies=GUARDED_BODIES,
        commands=MAKES,
        name="consents of a child",
    ),
    Thing(
        "consent",
        CONSENTS,
        {"age unknown here": _no_age, "person unknown here": _case_without_person},
        bodies={"consents": consenting.answer("refused")},
        commands=MAKES,
        name="consents of one who is not known yet",
    ),
    Thing(
        "consent",
        CONSENT,
        {
            **as_made("consent"),
            "refused": _answered("refused"),
            "renewed": asked("consent", ("worker", "POST", f"{CONSENT}/renew", consenting.agreed())),
            "narrowed": asked(
                "consent", ("worker", "POST", f"{CONSENT}/withdraw-part", {"categories": ["contact"]})
            ),
            "withdrawn": asked("consent", WITHDRAW),
            "revoked": asked("consent", REVOKE),
            "expired": _expired,
            "of age": _of_age,
            "handed over": then("consent", lambda made: [transferred(UUID(made["case_id"]))]),
            **as_made("requested", "requested_by_colleague", "protected"),
            "protected and reviewed": asked(
                "protected", ("supervisor", "POST", f"{PROTECTION}/review", REVIEW)
            ),
            "protected and withdrawn": asked("protected", WITHDRAW),
            "protected and revoked": asked("protected", REVOKE),
        },
        frozenset(State) - {State.DEFERRED, State.INVALIDATED},
        commands=COMMANDS,
    ),
    Thing(
        "consent",
        CONSENT,
        {
            **as_made("guarded"),
            "recorded by the worker": _child_of_one_worker,
            "confirmed": asked("guarded", CONFIRM),
        },
        bodies={"renew": GUARDED},
        commands=COMMANDS,
        name="consent of a child",
    ),
    Thing(
        "consent",
        PROTECTION,
        {
            **as_made("requested", "requested_by_colleague", "protected"),
            "declined": asked("requested", DECLINE),
            "she answered": _answered_since,
            "reviewed": asked("protected", ("supervisor", "POST", f"{PROTECTION}/review", REVIEW)),
            "withdrawn": asked("protected", WITHDRAW),
            "handed over": then("protected", lambda made: [transferred(UUID(made["case_id"]))]),
        },
        commands=COMMANDS,
    ),
    Thing(
        "consent",
        "/v1/notices",
        as_made("next_notice"),
        commands=frozenset({"/v1/notices"}),
    ),
    Thing(
        "consent",
        NOTICE,
        {
            **as_made("notice", "proposed_notice", "asked_withdrawal"),
            "in force": asked("proposed_notice", APPROVE),
            "superseded": _superseded,
            "withdrawn": asked("notice", ("supervisor", "POST", f"{NOTICE}/withdraw", None)),
        },
        frozenset(NoticeState),
    ),
    Thing(
        "consent",
        f"{CASE}/grants",
        {
            **as_made("granted", "granted_here"),
            "withdrawn": asked(
                "granted_here", ("worker", "POST", "/v1/grants/{disclosure_id}/withdraw", None)
            ),
            "revoked under it": _revoked_under,
        },
        commands=frozenset({"/v1/grants/{disclosure_id}/withdraw"}),
        listed="disclosure_id",
    ),
)
