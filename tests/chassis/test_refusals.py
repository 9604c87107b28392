"""A refused case: "not yet heard" is not "not found", and an attempt on a case that is there is in the log."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis.web.attempts import SINGLY
from contracts.casefile.reference import reference_of
from contracts.events.intake import CaseAssignedV1, CaseOpenedV1, CaseReferencedV1
from services.intake import app as intake_app
from services.intake.settings import Settings as IntakeSettings
from services.returns import app as returns_app
from services.returns.settings import Settings as ReturnsSettings
from tests.harness import Harness, Keys, running
from tests.intake.making import AGENCY, SHELTER, bodies, open_case


@dataclass
class Pair:
    """Intake, and a service that follows it and hears nothing unless it is told."""

    intake: Harness
    returns: Harness
    asked: int = 0
    held: int = 0
    down: bool = False

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        self.held += self.returns.service.database.engine.pool.checkedout()
        if self.down:
            raise httpx2.ConnectError("down")
        body = await request.aread()
        path = request.url.path
        return await self.intake.client.request(
            request.method, path, content=body, headers=dict(request.headers)
        )

    async def ask(self, case_id: UUID | str, **who) -> httpx2.Response:
        asked = {"case_id": str(case_id), "receiver": "kh-reintegration-agency", "receiver_cell": "KH"}
        headers = self.returns.as_("case_worker", **who)
        return await self.returns.client.post("/v1/returns", json=asked, headers=headers)

    async def assign(self, case_id: UUID, worker: str) -> None:
        url, headers = f"/v1/cases/{case_id}/assignment", self.intake.as_("supervisor")
        headers |= {"If-Match": "*"}
        body = {"organisation": AGENCY, "workers": [worker]}
        answer = await self.intake.client.post(url, json=body, headers=headers)
        assert answer.status_code == 200, answer.text

    async def hear(self) -> None:
        """Everything that intake has said of cases until now."""
        for type_, body in await self.intake.said():
            for event in (CaseOpenedV1, CaseAssignedV1, CaseReferencedV1):
                if event.type == type_:
                    await self.returns.deliver(event(**body))


@pytest.fixture
async def pair(postgres, tmp_path) -> AsyncIterator[Pair]:
    keys = Keys(tmp_path)
    keys.write()
    theirs = (postgres, tmp_path)
    async with (
        running(
            "intake", intake_app.build, intake_app.VERSIONS, IntakeSettings, *theirs, keys=keys
        ) as intake,
        running(
            "returns",
            returns_app.build,
            returns_app.VERSIONS,
            ReturnsSettings,
            *theirs,
            keys=keys,
            peers={"intake": "http://intake.test"},
        ) as returns,
    ):
        made = Pair(intake, returns)
        returns.service.peers.http = httpx2.AsyncClient(transport=httpx2.MockTransport(made.answer))
        yield made


def looks(answer: httpx2.Response) -> tuple:
    return answer.status_code, answer.json(), {k: v for k, v in answer.headers.items() if k != "date"}


async def test_a_case_that_was_opened_a_moment_ago_is_asked_for_again_and_never_not_found(pair):
    case_id = await open_case(pair.intake)
    early = await pair.ask(case_id)
    assert (early.status_code, early.json()["code"], early.headers["retry-after"]) == (
        503,
        "not-yet-heard",
        "1",
    )
    await pair.hear()
    assert (await pair.ask(case_id)).status_code == 201


async def test_who_asks_a_moment_too_early_waits_inside_and_is_answered_once(pair):
    pair.returns.service.settings.heard_seconds = 20
    case_id = await open_case(pair.intake)
    asking = asyncio.create_task(pair.ask(case_id))
    while pair.asked == 0:
        await asyncio.sleep(0.01)
    await pair.hear()
    answer = await asking
    assert (answer.status_code, pair.asked, pair.held) == (201, 1, 0)
    assert len(bodies(await pair.returns.said(), "return.requested.v1")) == 1


async def test_whom_nobody_lets_in_waits_for_nothing(pair):
    pair.returns.service.settings.heard_seconds = 600
    case_id = await open_case(pair.intake)
    assert (await pair.ask(case_id, org=SHELTER)).status_code == 404
    assert (await pair.ask(uuid4())).status_code == 404


async def test_so_is_one_that_was_handed_over_a_moment_ago(pair):
    case_id = await open_case(pair.intake)
    await pair.assign(case_id, "th.worker")
    await pair.hear()
    assert (await pair.ask(case_id, sub="th.other-worker")).status_code == 404
    await pair.assign(case_id, "th.other-worker")
    assert (await pair.ask(case_id, sub="th.other-worker")).status_code == 503
    await pair.hear()
    assert (await pair.ask(case_id, sub="th.other-worker")).status_code == 201
    assert (await pair.ask(case_id, sub="th.worker")).status_code == 404  # whose it was


async def test_no_case_and_one_that_is_not_yours_look_the_same(pair):
    unheard, heard = await open_case(pair.intake), await open_case(pair.intake)
    answers = [looks(await pair.ask(case, org=SHELTER)) for case in (uuid4(), unheard)]
    await pair.hear()
    answers.append(looks(await pair.ask(heard, org=SHELTER)))
    assert answers[0][0] == 404
    assert answers[1:] == answers[:1] * 2


async def referenced(pair: Pair, case_id: UUID) -> str:
    said = bodies(await pair.intake.said(), "case.referenced.v1")
    return next(str(one["reference"]) for one in said if one["case_id"] == str(case_id))


async def test_a_reference_that_was_not_heard_yet_is_asked_for_by_itself(pair):
    reference = await referenced(pair, case_id := await open_case(pair.intake))
    early = await pair.ask(reference)
    assert (early.status_code, early.json()["code"]) == (503, "not-yet-heard")
    assert (await pair.ask(reference_of("TH", "22222"))).status_code == 404
    await pair.hear()
    asked = (await pair.ask(reference)).json()["id"]
    answer = await pair.returns.client.get(f"/v1/returns/{asked}", headers=pair.returns.as_("case_worker"))
    assert (answer.json()["case_id"], answer.json()["case_reference"]) == (str(case_id), reference)


async def test_no_reference_and_one_of_a_case_that_is_not_yours_look_the_same_and_cost_the_same(pair):
    unheard, heard = [await referenced(pair, await open_case(pair.intake)) for _ in range(2)]
    answers, asked = [], []
    for name in (str(uuid4()), reference_of("TH", "22222"), unheard, heard):
        if name == heard:
            await pair.hear()
        pair.asked = 0
        answers.append(looks(await pair.ask(name, org=SHELTER)))
        asked.append(pair.asked)
    assert answers[0][0] == 404
    assert answers[1:] == answers[:1] * 3
    assert asked == [1, 1, 1, 1]


async def test_an_attempt_by_a_reference_is_said_of_its_case(pair):
    case_id = await open_case(pair.intake)
    await pair.ask(await referenced(pair, case_id), org=SHELTER)
    said = bodies(await pair.returns.said(), "attempt.refused.v1")
    assert said == [{"case_id": str(case_id), "action": "return.request", "count": 1}]


async def test_while_intake_is_away_nobody_is_told_that_something_is_not_there(pair):
    case_id, pair.down = await open_case(pair.intake), True
    answers = [looks(await pair.ask(case, org=org)) for case, org in ((case_id, AGENCY), (uuid4(), SHELTER))]
    assert answers[0][0] == 503
    assert answers[0] == answers[1]


async def test_intake_is_asked_while_no_transaction_is_open(pair):
    await pair.ask(uuid4())
    assert (pair.asked, pair.held) == (1, 0)


async def test_whoever_may_open_a_case_costs_no_question(pair):
    case_id = await open_case(pair.intake)
    await pair.hear()
    assert (await pair.ask(case_id)).status_code == 201
    assert pair.asked == 0


async def test_a_refused_attempt_on_a_case_that_is_there_is_said_with_who_and_no_more(pair):
    case_id = await open_case(pair.intake)
    await pair.ask(case_id, org=SHELTER)
    await pair.ask(uuid4(), org=SHELTER)
    said = bodies(await pair.returns.said(), "attempt.refused.v1")
    assert said == [{"case_id": str(case_id), "action": "return.request", "count": 1}]


async def test_intake_logs_refused_readings_itself(pair):
    case_id = await open_case(pair.intake)
    for path in ("", "/fields", "/status"):
        headers = pair.intake.as_("case_worker", org=SHELTER)
        assert (
            await pair.intake.client.get(f"/v1/cases/{case_id}{path}", headers=headers)
        ).status_code == 404
    said = bodies(await pair.intake.said(), "attempt.refused.v1")
    assert said == [{"case_id": str(case_id), "action": "case.read", "count": 1}] * 3


async def test_a_flood_of_attempts_is_a_number(pair):
    case_id, headers = await open_case(pair.intake), pair.intake.as_("case_worker", org=SHELTER)
    for _ in range(SINGLY + 30):
        await pair.intake.client.get(f"/v1/cases/{case_id}", headers=headers)
    await pair.intake.work(hasten=True)
    counts = [said["count"] for said in bodies(await pair.intake.said(), "attempt.refused.v1")]
    assert sum(counts) == SINGLY + 30
    assert len(counts) <= SINGLY * 2 + 2  # the minute may have turned once


async def test_a_case_from_abroad_is_asked_for_again_until_intake_has_heard_of_it(pair):
    """The half of a referral shows a case that only the border knows yet."""
    coming = {"known": True, "allowed": True}

    def border(request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == "exchange.test"
        return httpx2.Response(200, json=coming)

    pair.intake.service.settings.peers["exchange"] = "http://exchange.test"
    pair.intake.service.peers.http = httpx2.AsyncClient(transport=httpx2.MockTransport(border))
    headers = pair.intake.as_("case_worker")
    early = await pair.intake.client.get(f"/v1/cases/{uuid4()}", headers=headers)
    assert (early.status_code, early.json()["code"]) == (503, "not-yet-heard")
    coming["allowed"] = False
    assert (await pair.intake.client.get(f"/v1/cases/{uuid4()}", headers=headers)).status_code == 404
