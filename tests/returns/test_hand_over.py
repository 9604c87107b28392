"""Her case goes to another organisation of the country while a return is under way."""

import pytest

from contracts.events.intake import CaseClosedV1, CaseResumedV1
from services.returns.domain.states import BEFORE_DEPARTURE, Half, State
from tests.harness import Harness
from tests.returns.making import NOW, SENDER, a_return, transferred
from tests.returns.test_service import BODIES, a_case, body_of, departed, move, prepared, request, view

SHELTER = "th-shelter"


@pytest.mark.parametrize("half", Half)
@pytest.mark.parametrize("state", State)
def test_only_a_sending_half_that_she_has_not_left_with_ends_with_the_transfer(state: State, half: Half):
    one = a_return(state, half)
    ended = half is Half.SENDING and state in BEFORE_DEPARTURE
    said = one.hand_over(NOW)
    assert (len(said), one.state) == ((1, State.CLOSED) if ended else (0, state))
    assert [(fact.outcome, fact.recorded_by) for fact in said] == [("not-returned", "sending")] * ended


async def test_the_old_holder_moves_it_no_longer_and_the_new_one_begins_anew(th: Harness):
    case_id, return_id = await prepared(th)
    assert (await move(th, return_id, "clear")).status_code == 200
    await th.deliver(transferred(case_id, SHELTER))
    shown = await view(th, return_id)
    assert (shown["state"], shown["outcome"]) == ("closed", "not-returned")
    for verb in ("depart", "clear", "resume", "assess"):
        answer = await move(th, return_id, verb, body=body_of(verb) or BODIES.get(verb))
        assert (verb, answer.status_code) in {(verb, 404), (verb, 409)}
    assert (await request(th, case_id)).status_code == 404
    hers = await a_case(th, SHELTER)
    form = {"case_id": str(hers), "receiver": "kh-reintegration-agency", "receiver_cell": "KH"}
    asked = await th.client.post("/v1/returns", json=form, headers=th.as_("case_worker", SHELTER))
    assert asked.status_code == 201, asked.text
    (seen,) = (await th.client.get("/v1/returns", headers=th.as_("case_worker", SHELTER))).json()["items"]
    assert (seen["case_id"], seen["state"], seen["sender"]) == (str(hers), "requested", SHELTER)
    assert next(body for type_, body in await th.said() if type_ == "return.closed.v1")["sender"] == SENDER


@pytest.mark.parametrize("ends", [["miss", "close"], ["turn-back", "close"], ["withdraw"]])
async def test_whoever_put_her_on_the_way_still_says_what_became_of_her(th: Harness, ends: list[str]):
    case_id, return_id = await departed(th)
    await th.deliver(transferred(case_id, SHELTER))
    assert (await view(th, return_id))["state"] == "departed"
    for verb in ends:
        body = {"outcome": "not-returned"} if verb == "close" else None
        answer = await move(th, return_id, verb, body=body)
        assert answer.status_code == 200, answer.text
    assert (await move(th, return_id, "resume")).status_code == 404


async def test_no_return_is_asked_for_of_a_case_that_is_closed_until_it_is_resumed(th: Harness):
    case_id = await a_case(th)

    async def offered() -> list[str]:
        listed = await th.client.get(f"/v1/returns?case_id={case_id}", headers=th.as_("case_worker"))
        return [one["verb"] for one in listed.json()["moves"]]

    await th.deliver(CaseClosedV1(case_id=case_id))
    refused = await request(th, case_id)
    assert (refused.status_code, refused.json()["code"], await offered()) == (409, "case-closed", [])
    await th.deliver(CaseResumedV1(case_id=case_id))
    assert await offered() == ["request_return"]
    assert (await request(th, case_id)).status_code == 201
