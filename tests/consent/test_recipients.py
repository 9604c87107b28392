"""Recipients are organisations of the directory that may receive, and a refusal needs nothing but the refusal."""

import pytest

from tests.consent.making import AGENCY, SENDER, answer, directory_changed

LISTED = [
    directory_changed(organisation="kh-clinic", role="health"),
    directory_changed(organisation="kh-police", role="coordination", org_type="LawEnforcement"),
    directory_changed(organisation="kh-immigration", role="shelter", org_type="ImmigrationService"),
    directory_changed(organisation="kh-gone", role="shelter", status="defunct"),
    directory_changed(organisation=SENDER, cell="TH", role="shelter"),
]


@pytest.fixture
async def listed(consent):
    for event in LISTED:
        await consent.harness.deliver(event)
    return consent


def to(*organisations: str) -> list[dict[str, str]]:
    return [{"organisation": one, "country": one[:2].upper()} for one in organisations]


async def post(consent, body):
    return await consent.client.post(
        f"/v1/cases/{consent.case_id}/consents", json=body, headers=consent.worker
    )


BAD = [
    ("kh-nobody", "not-listed"),
    ("kh-gone", "not-listed"),
    ("kh-police", "not-a-recipient"),
    ("kh-immigration", "not-a-recipient"),
    (SENDER, "sender"),
]


@pytest.mark.parametrize(("organisation", "code"), BAD)
async def test_a_consent_names_only_organisations_that_may_receive(listed, organisation, code):
    refused = await post(listed, answer(recipients=to("kh-clinic", organisation)))
    assert refused.status_code == 422
    found = [(error["loc"], error["code"]) for error in refused.json()["errors"]]
    assert found == [(["body", "recipients", 1, "organisation"], code)]
    assert organisation not in refused.text
    assert await listed.rows("select 1 from consent.records") == []


async def test_every_recipient_that_may_not_receive_is_named_at_once(listed):
    refused = await post(listed, answer(recipients=to(*(one for one, _ in BAD))))
    assert [error["code"] for error in refused.json()["errors"]] == [code for _, code in BAD]


@pytest.mark.parametrize(("organisation", "code"), BAD)
async def test_nor_does_a_renewal(listed, organisation, code):
    consent_id = await listed.give()
    refused = await listed.renew(consent_id, recipients=to(AGENCY, organisation))
    assert refused.status_code == 422
    assert [error["code"] for error in refused.json()["errors"]] == [code]
    assert [row.revision for row in await listed.rows("select revision from consent.records")] == [1]


async def test_an_organisation_that_turns_out_to_be_enforcement_receives_nothing(listed):
    await listed.give()
    await listed.harness.deliver(directory_changed(2, "reintegration", org_type="LawEnforcement"))
    await listed.send()
    refused = await listed.said("disclosure.refused.v1")
    assert [body["reason"] for body in refused] == ["unknown_recipient"]


async def test_a_refusal_needs_nothing_but_the_refusal(consent):
    answered = await post(consent, {"decision": "refused"})
    assert answered.status_code == 201, answered.text
    assert [body["revision"] for body in await consent.said("consent.refused.v1")] == [1]
    view = await consent.client.get(f"/v1/consents/{answered.json()['id']}", headers=consent.worker)
    assert (view.json()["state"], view.json()["terms"]["recipients"], view.json()["intact"]) == (
        "refused",
        [],
        True,
    )
    receipt = await consent.client.get(
        f"/v1/consents/{answered.json()['id']}/receipt", headers=consent.worker
    )
    assert receipt.status_code == 200, receipt.text
    await consent.send()
    assert [body["reason"] for body in await consent.said("disclosure.refused.v1")] == ["consent_refused"]


async def test_a_child_may_refuse_alone(consent):
    from tests.consent.making import age_known

    await consent.harness.deliver(age_known(consent.case_id, "child", "unknown"))
    assert (await post(consent, {"decision": "refused"})).status_code == 201


async def test_what_is_missing_is_said_once(consent):
    refused = await post(consent, {"decision": "given"})
    places = [tuple(error["loc"]) for error in refused.json()["errors"]]
    assert sorted(places) == sorted(set(places))
    assert ("body", "purposes") in places


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"notice_version": "Sreymom.CANX45"}, "string_pattern_mismatch"),
        ({"language": "km-x-sreymom"}, "unknown-code"),
    ],
)
async def test_no_free_text_passes_as_a_code(consent, changes, code):
    refused = await post(consent, answer(**changes))
    assert [error["code"] for error in refused.json()["errors"]] == [code]
