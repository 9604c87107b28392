"""Every state in which a thing may be found, made through a service's own routes and handlers: for what its views offer."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from services.directory.domain.proposal import ProposalState
from services.exchange.domain.distrust import DistrustState
from services.exchange.domain.trust_document import TrustDocumentState
from services.interchange.domain.export import ExportState
from services.referral.domain.states import State as ReferralState
from services.returns.domain.states import State as ReturnState
from tests.authorisation.actors import AGENCY
from tests.authorisation.calling import filled
from tests.authorisation.states_of_cases import CASE_THINGS
from tests.authorisation.states_of_consent import CONSENT_THINGS
from tests.authorisation.states_of_extracts import EXTRACT_THINGS
from tests.authorisation.states_of_operations import OPERATIONS_THINGS
from tests.authorisation.table import (
    AGREED,
    DISTRUST,
    EXPORTS,
    KEY_LOST,
    LOST_KEY,
    PROPOSAL,
    SERVICE_FORM,
    SIGNED,
    SUSPENSION,
    TRUST_DOCUMENT,
)
from tests.authorisation.thing import Maker, Thing, as_made, asked, closing, then
from tests.authorisation.worlds import (
    PARTNER,
    Directory,
    Exchange,
    Made,
    Notify,
    Referral,
    Returns,
    from_abroad,
)
from tests.referral import making as referring
from tests.referral.asking import BODIES, form
from tests.returns import making as returning

REFERRALS_OF, RETURNS_OF = "/v1/referrals", "/v1/returns"
VIEWS = {"referral": f"{REFERRALS_OF}/{{referral_id}}", "returns": f"{RETURNS_OF}/{{return_id}}"}


def _after(start: str, *verbs: str) -> Maker:
    async def make(world: Any) -> Made:
        made = await world.make(start)
        for verb in verbs:
            path = f"{VIEWS[world.harness.service.name].format(**made)}/{verb}"
            await world.ask("worker", "POST", path, {**BODIES, **returning.RETURNING}.get(verb))
        return made

    return make


def _ids(made: Made, name: str) -> tuple[UUID, UUID]:
    return UUID(made["case_id"]), UUID(made[name])


def _arrival(made: Made) -> list[Any]:
    return [returning.process(*_ids(made, "return_id"), "return.arrived", sender=PARTNER, recipient=AGENCY)]


def _transfer(made: Made) -> list[Any]:
    return [returning.transferred(UUID(made["case_id"]))]


def _receiving(*codes: str) -> Maker:
    """The half of the receiver, who is the worker's organisation."""

    async def make(world: Returns) -> Made:
        made, return_id = await world.case(), uuid4()
        for code in codes:
            told = returning.process(UUID(made["case_id"]), return_id, f"return.{code}", **from_abroad())
            await world.harness.deliver(told)
        return {**made, "return_id": str(return_id)}

    return make


RETURNS: Mapping[str, Maker] = MappingProxyType(
    {
        **{
            name: _after(name)
            for name in (
                "requested",
                "counselled",
                "decided",
                "assessed",
                "cleared",
                "suspended",
                "departed",
                "expected",
                "arrived",
            )
        },
        "missed": _after("departed", "miss"),
        "turned back": _after("departed", "turn-back"),
        "closed": _after("suspended", "close"),
        "withdrawn": _after("decided", "withdraw"),
        "suspended early": _after("requested", "suspend"),
        "arrived over there": then("departed", _arrival),
        "handed over": then("decided", _transfer),
        "departed and handed over": then("departed", _transfer),
        "announced here": _receiving("cleared"),
        "suspended there": _receiving("cleared", "suspended"),
        "turned back there": _receiving("cleared", "departed", "turned_back"),
        "withdrawn there": _receiving("cleared", "withdrawn"),
        "prepared there again": _receiving("cleared", "suspended", "resumed"),
        "missed there": _receiving("cleared", "departed", "missed"),
        "closed here": _after("arrived", "close"),
    }
)


async def _drafted(world: Referral, kind: str) -> tuple[Made, str]:
    """To an organisation of the country that is listed for this draft alone."""
    made, recipient = await world.case(), f"th-shelter-{uuid4().hex[:8]}"
    await world.harness.deliver(referring.offering(recipient, "shelter"))
    body = form(UUID(made["case_id"]), recipient=recipient, service="shelter", kind=kind)
    answer = await world.ask("worker", "POST", "/v1/referrals", body)
    return {**made, "referral_id": answer.json()["id"]}, recipient


async def _to_one_who_has_gone(world: Referral) -> Made:
    made, recipient = await _drafted(world, "referral")
    gone = referring.directory_changed(recipient, version=2, role="shelter", status="defunct")
    await world.harness.deliver(gone)
    return made


def _transferred(*verbs: str, told: Callable[[UUID, UUID], list[Any]] = lambda *_: []) -> Maker:
    async def make(world: Referral) -> Made:
        made, _ = await _drafted(world, "transfer")
        for verb in verbs:
            await world._moved(made, verb)
        for event in told(*_ids(made, "referral_id")):
            await world.harness.deliver(event)
        return made

    return make


def _received(*told: Callable[[UUID, UUID], Any], **changes: Any) -> Maker:
    async def make(world: Referral) -> Made:
        made, referral_id = await world.case(), uuid4()
        offer = referring.received(UUID(made["case_id"]), referral_id, **{**from_abroad(), **changes})
        await world.harness.deliver(offer)
        for tell in told:
            await world.harness.deliver(tell(UUID(made["case_id"]), referral_id))
        return {**made, "referral_id": str(referral_id)}

    return make


def _told(*codes: str) -> Maker:
    """Sent, authorised and delivered; then the receiver told so."""

    def tell(made: Made) -> list[Any]:
        ids = _ids(made, "referral_id")
        told = [referring.process(*ids, f"referral.{code}") for code in codes]
        return [referring.authorised(*ids), referring.delivered(*ids), *told]

    return then("sent", tell)


REFERRALS: Mapping[str, Maker] = MappingProxyType(
    {
        **{name: _after(name) for name in ("draft", "sent", "received", "accepted", "started", "held")},
        "delivered": _told(),
        "accepted there": _told("accepted"),
        "rejected there": _told("rejected"),
        "started there": _told("accepted", "started"),
        "completed there": _told("accepted", "started", "completed"),
        "cancelled": _after("sent", "cancel"),
        "entered in error": _after("draft", "correct"),
        "refused by consent": then("sent", lambda made: [referring.refused(*_ids(made, "referral_id"))]),
        "revoked": then("sent", lambda made: [referring.recalled(*_ids(made, "referral_id"))]),
        "handed over": then("sent", _transfer),
        "drafted in a case since closed": then("draft", closing),
        "completed": _after("started", "complete"),
        "failed": _after("started", "fail"),
        "rejected": _after("received", "reject"),
        "expired": _received(lambda *ids: referring.recall(*ids, "unanswered")),
        "to one who has gone": _to_one_who_has_gone,
        "transfer drafted": _transferred(),
        "transfer sent": _transferred("send"),
        "transfer cancelled": _transferred("send", "cancel"),
        "transfer accepted there": _transferred(
            "send",
            told=lambda *ids: [
                referring.authorised(*ids),
                referring.delivered(*ids),
                referring.process(*ids, "referral.accepted"),
            ],
        ),
        "transfer received": _received(sender="th-shelter", sender_cell="TH", kind="transfer"),
    }
)

NOT_OFFERED: Mapping[str, str] = MappingProxyType(
    {
        "intake POST /v1/cases/{case_id}/break-glass": "who may see the case need not; who may not sees no view of it",
    }
)
"""Commands that no view offers, and why. This list only shrinks."""

ORGANISATION = "/v1/organisations/{organisation}"


async def _whole_organisation(world: Directory) -> Made:
    """Another service may always be described; its name is the caller's to choose."""
    return {**await world.listed(), "service": "{service}"}


async def _own_proposal(world: Directory) -> Made:
    """The second person is another one."""
    made = await world.another()
    answer = await world.ask("operator", "POST", "/v1/proposals", filled(SUSPENSION, made))
    return {**made, "proposal_id": answer.json()["id"]}


async def _agreed(world: Exchange) -> Made:
    made = await world.another_agreement()
    return {**made, "id": made["agreement_id"]}


async def _own_distrust(world: Exchange) -> Made:
    """The second person is another one."""
    made = await world.key()
    answer = await world.ask("operator", "POST", LOST_KEY.format(**made), KEY_LOST)
    return {**made, "distrust_id": answer.json()["id"]}


async def _own_trust_document(world: Exchange) -> Made:
    """The second person is another one."""
    answer = await world.ask("operator", "POST", "/v1/trust-documents", filled(SIGNED, await world.signed()))
    return {"document_id": answer.json()["id"]}


async def _desk(world: Directory) -> Made:
    made = await world.listed()
    await world.ask("supervisor", "PUT", f"{ORGANISATION}/services/{{service}}".format(**made), SERVICE_FORM)
    return {**made, "id": made["service"]}


async def _notice(world: Notify) -> Made:
    made = await world.noticed()
    return {**made, "id": made["notification_id"]}


IMPORTS = "/v1/imports"

THINGS = (
    *CASE_THINGS,
    *CONSENT_THINGS,
    *OPERATIONS_THINGS,
    Thing(
        "referral",
        f"{REFERRALS_OF}?case_id={{case_id}}",
        {**as_made("case"), "handed over": then("case", _transfer)},
        commands=frozenset({REFERRALS_OF}),
    ),
    Thing(
        "returns",
        f"{RETURNS_OF}?case_id={{case_id}}",
        {**as_made("case"), "handed over": then("case", _transfer), "closed": then("case", closing)},
        commands=frozenset({RETURNS_OF}),
    ),
    Thing("interchange", EXPORTS, as_made("nothing", "exported"), commands=frozenset({EXPORTS})),
    Thing(
        "interchange",
        f"{EXPORTS}/{{export_id}}",
        as_made("exported", "ready", "failed", "discarded"),
        frozenset(ExportState),
    ),
    Thing("interchange", IMPORTS, as_made("nothing", "imported"), commands=frozenset({IMPORTS})),
    Thing("referral", VIEWS["referral"], REFERRALS, frozenset(ReferralState)),
    Thing(
        "directory",
        ORGANISATION,
        {"listed": _whole_organisation},
        commands=frozenset({ORGANISATION, f"{ORGANISATION}/services/{{service}}"}),
    ),
    Thing(
        "directory",
        ORGANISATION,
        {"another": as_made("another")["another"], "suspended": as_made("acting")["acting"]},
        commands=frozenset({f"{ORGANISATION}/suspend"}),
        name="organisation as operators see it",
    ),
    Thing("directory", "/v1/proposals", as_made("another"), commands=frozenset({"/v1/proposals"})),
    Thing("exchange", "/v1/keys?limit=200", as_made("key"), commands=frozenset({LOST_KEY}), listed="kid"),
    Thing(
        "exchange", "/v1/agreements?limit=200", {"agreed": _agreed}, commands=frozenset({AGREED}), listed="id"
    ),
    Thing(
        "exchange",
        DISTRUST,
        {
            **as_made("distrusted"),
            "own": _own_distrust,
            "confirmed": asked("distrusted", ("operator", "POST", f"{DISTRUST}/confirm", None, '"1"')),
            "lifted": asked("distrusted", ("operator", "POST", f"{DISTRUST}/withdraw", None)),
        },
        frozenset(DistrustState),
        commands=frozenset({f"{DISTRUST}/confirm", f"{DISTRUST}/withdraw"}),
    ),
    Thing("exchange", "/v1/trust-documents", as_made("signed"), commands=frozenset({"/v1/trust-documents"})),
    Thing(
        "exchange",
        TRUST_DOCUMENT,
        {
            **as_made("put_in"),
            "own": _own_trust_document,
            "confirmed": asked("put_in", ("operator", "POST", f"{TRUST_DOCUMENT}/confirm", None, '"1"')),
            "withdrawn": asked("put_in", ("operator", "POST", f"{TRUST_DOCUMENT}/withdraw", None)),
        },
        frozenset(TrustDocumentState),
        commands=frozenset({f"{TRUST_DOCUMENT}/confirm", f"{TRUST_DOCUMENT}/withdraw"}),
    ),
    Thing(
        "directory",
        PROPOSAL,
        {
            **as_made("proposed", "acting"),
            "own": _own_proposal,
            "confirmed": asked("proposed", ("operator", "POST", f"{PROPOSAL}/confirm", None, '"1"')),
            "lifted": asked("acting", ("operator", "POST", f"{PROPOSAL}/withdraw", None)),
        },
        frozenset(ProposalState),
        commands=frozenset({f"{PROPOSAL}/confirm", f"{PROPOSAL}/withdraw"}),
    ),
    Thing(
        "directory",
        ORGANISATION,
        {"listed": _desk},
        commands=frozenset({f"{ORGANISATION}/services/{{service}}"}),
        listed="id",
        within="services",
        name="service of an organisation",
    ),
    Thing(
        "returns",
        VIEWS["returns"],
        RETURNS,
        frozenset(ReturnState),
        {"close": {"outcome": "contact-lost"}},
    ),
    Thing(
        "notify",
        "/v1/inbox",
        {"noticed": _notice},
        commands=frozenset({"/v1/inbox/{notification_id}/read"}),
        listed="id",
    ),
    Thing("notify", "/v1/inbox", {"noticed": _notice}, commands=frozenset({"/v1/inbox/read"}), name="inbox"),
    Thing(
        "audit",
        "/v1/chain/verifications",
        as_made("logged", "verifying"),
        commands=frozenset({"/v1/chain/verifications"}),
    ),
    *EXTRACT_THINGS,
)
