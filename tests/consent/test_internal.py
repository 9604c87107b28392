"""What other services ask of consent: preview, seal token, grants; and who may ask."""

import json
from uuid import uuid4

import pytest
from joserfc import jws

from contracts.disclosure import fields_hash
from tests.consent.conftest import SENT
from tests.consent.making import AGENCY, FIELDS, PURPOSE, agreement_changed


def question(consent, **changes):
    values = {
        "case_id": str(consent.case_id),
        "purpose": PURPOSE,
        "recipient": AGENCY,
        "recipient_cell": "KH",
        "recipient_role": "reintegration",
        "fields": list(FIELDS),
    }
    return {**values, **changes}


async def preview(consent, caller="referral", **changes):
    headers = consent.harness.as_service(caller)
    return await consent.client.post(
        "/internal/v1/preview", json=question(consent, **changes), headers=headers
    )


async def test_a_preview_shows_exactly_what_is_then_authorised(consent):
    await consent.give()
    shown = (await preview(consent)).json()
    await consent.send()
    (said,) = await consent.said("disclosure.authorised.v1")
    assert (shown["sent"], shown["withheld"], shown["refusal"]) == (said["fields"], said["withheld"], None)
    assert (shown["consent_id"], shown["revision"]) == (said["consent_id"], said["revision"])


async def test_a_preview_of_what_is_refused_says_why_and_keeps_nothing(consent):
    shown = (await preview(consent)).json()
    assert (shown["refusal"], shown["sent"], shown["consent_id"]) == ("no_consent", [], None)
    assert [w["field"] for w in shown["withheld"]] == sorted(FIELDS)
    assert await consent.rows("select 1 from consent.disclosures") == []


@pytest.mark.parametrize("caller", ["exchange", "intake", "notify"])
async def test_only_referral_may_ask_for_a_preview(consent, caller):
    assert (await preview(consent, caller)).status_code == 403


async def test_people_reach_no_internal_route(consent):
    for headers in (consent.worker, consent.supervisor):
        asked = await consent.client.post("/internal/v1/preview", json=question(consent), headers=headers)
        grant = await consent.client.get(f"/internal/v1/grants/{uuid4()}", headers=headers)
        body = {"recipient": AGENCY, "revision": 1, "fields_hash": "0" * 64}
        path = f"/internal/v1/disclosures/{uuid4()}/seal-token"
        token = await consent.client.post(path, json=body, headers=headers)
        assert [asked.status_code, grant.status_code, token.status_code] == [403, 403, 403]


async def test_a_token_is_bound_signed_short_lived_and_in_the_ledger(consent):
    await consent.give()
    disclosure_id = await consent.send()
    answered = await consent.token(disclosure_id)
    assert answered.status_code == 200
    key = consent.harness.keys.services["consent"]
    signed = jws.deserialize_compact(answered.json()["token"], key, algorithms=["Ed25519"])
    claims = json.loads(signed.payload)
    assert signed.protected == {"alg": "Ed25519", "kid": "consent", "typ": "corridor-seal+jwt"}
    assert claims["exp"] - claims["iat"] == 10
    assert (claims["disclosure"], claims["recipient"], claims["revision"], claims["fields_hash"]) == (
        str(disclosure_id),
        AGENCY,
        1,
        fields_hash(SENT),
    )
    (row,) = await consent.rows("select token_id, at from consent.ledger where step = 'token'")
    assert (str(row.token_id), int(row.at.timestamp()) - claims["iat"] in {0, 1}) == (claims["jti"], True)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"recipient": "kh-shelter"}, "disclosure_changed"),
        ({"revision": 2}, "disclosure_changed"),
        ({"fields_hash": fields_hash([*SENT, "cor_Health"])}, "disclosure_changed"),
    ],
)
async def test_a_token_for_something_else_is_refused_with_its_code(consent, asked, code):
    await consent.give()
    disclosure_id = await consent.send()
    answered = await consent.token(disclosure_id, **asked)
    assert (answered.status_code, answered.json()["code"]) == (409, code)
    assert await consent.steps(disclosure_id) == ["authorised"]


async def test_no_token_after_the_consent_ended_or_the_agreement_changed(consent):
    consent_id = await consent.give()
    disclosure_id = await consent.send()
    await consent.harness.deliver(agreement_changed(2))
    assert (await consent.token(disclosure_id)).json()["code"] == "disclosure_changed"
    await consent.withdraw(consent_id)
    answered = await consent.token(disclosure_id)
    assert (answered.status_code, answered.json()["code"]) == (409, "consent_withdrawn")
    assert await consent.steps(disclosure_id) == ["authorised", "recalled"]


async def test_no_token_for_what_was_refused_or_is_not_there(consent):
    disclosure_id = await consent.send()
    answered = await consent.token(disclosure_id)
    assert (answered.status_code, answered.json()["code"]) == (409, "no_consent")
    assert (await consent.token(uuid4())).status_code == 404


async def test_only_exchange_gets_a_token(consent):
    await consent.give()
    disclosure_id = await consent.send()
    body = {"recipient": AGENCY, "revision": 1, "fields_hash": fields_hash(SENT)}
    path = f"/internal/v1/disclosures/{disclosure_id}/seal-token"
    for caller in ("referral", "intake"):
        headers = consent.harness.as_service(caller)
        assert (await consent.client.post(path, json=body, headers=headers)).status_code == 403
    assert await consent.steps(disclosure_id) == ["authorised"]


async def test_a_grant_that_is_not_known_is_not_found(consent):
    headers = consent.harness.as_service("intake")
    assert (await consent.client.get(f"/internal/v1/grants/{uuid4()}", headers=headers)).status_code == 404


async def test_without_a_token_nothing_is_answered(consent):
    for method, path in (
        ("get", f"/v1/consents/{uuid4()}"),
        ("post", f"/v1/consents/{uuid4()}/withdraw"),
        ("get", f"/internal/v1/grants/{uuid4()}"),
    ):
        assert (await consent.client.request(method, path)).status_code == 401
