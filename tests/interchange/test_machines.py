"""A system of an organisation sends files and reads the answers to its own, takes files out, and does neither once its account has ended."""

from sqlalchemy import text

from tests.interchange.test_exports import exported
from tests.interchange.test_imports import imported, row, send, table
from tests.listing import directory_changed, staff_changed, staff_of

AGENCY = "th-care-agency"
SENDS, FETCHES, OTHER = "machine:th.case-system", "machine:th.records-system", "machine:th.other"
REFUSED = (403, "machine-refused")


def sending(files, sub=SENDS, **claims):
    return files.as_("submitting_machine", sub=sub, **claims)


def fetching(files):
    return files.as_("exporting_machine", sub=FETCHES)


async def said(files, method, path, headers, **sent):
    answer = await files.client.request(method, path, headers=headers, **sent)
    return answer.status_code, answer.json().get("code")


async def test_what_a_machine_sends_and_takes_out_is_on_record_under_its_name_and_organisation(files, intake):
    await imported(files, table(row(cor_ExternalId="7")), headers=sending(files))
    view, _ = await exported(files, role="exporting_machine", sub=FETCHES)
    assert view["cases"] == 1
    async with intake.service.database.engine.connect() as conn:
        statement = "select type, actor, organisation from chassis.outbox where type in ('case.opened.v1', 'record.read.v1')"
        rows = (await conn.execute(text(statement))).all()
    assert {tuple(one) for one in rows} == {
        ("case.opened.v1", SENDS, AGENCY),
        ("record.read.v1", FETCHES, AGENCY),
    }


async def test_a_machine_sees_what_it_sent_itself_and_an_officer_what_all_of_the_organisation_sent(files):
    await files.deliver(staff_changed(AGENCY, {**staff_of(AGENCY), OTHER: ["submitting_machine"]}))
    officer, other = files.as_("screening_officer"), sending(files, OTHER)
    mine = (await send(files, table(row()), headers=sending(files))).json()["id"]
    officers = (await send(files, table(row()), headers=officer)).json()["id"]

    async def shown(headers):
        items = (await files.client.get("/v1/imports", headers=headers)).json()["items"]
        return {item["id"] for item in items}

    assert await shown(sending(files)) == {mine}
    assert await shown(other) == set()
    assert await shown(officer) == {mine, officers}
    for path in ("", "/rows", "/errors"):
        assert await said(files, "GET", f"/v1/imports/{officers}{path}", sending(files)) == (404, "not-found")
        assert await said(files, "GET", f"/v1/imports/{mine}{path}", other) == (404, "not-found")


async def test_a_machine_whose_account_has_ended_is_refused_at_once_with_a_token_from_before(files):
    sends, fetches = sending(files), fetching(files)
    view, _ = await exported(files, role="exporting_machine", sub=FETCHES)
    everybody = staff_of(AGENCY)
    ended = [
        (directory_changed(AGENCY, 2, status="inactive"), directory_changed(AGENCY, 3)),
        (directory_changed(AGENCY, 4, status="defunct"), directory_changed(AGENCY, 5)),
        (staff_changed(AGENCY, {"th.officer": ["screening_officer"]}), staff_changed(AGENCY, everybody)),
        (staff_changed(AGENCY, {**everybody, SENDS: [], FETCHES: []}), staff_changed(AGENCY, everybody)),
    ]
    for end, again in ended:
        await files.deliver(end)
        assert (await send(files, b"x", headers=sends)).json()["code"] == "machine-refused"
        assert await said(files, "GET", "/v1/imports", sends) == REFUSED
        assert await said(files, "POST", "/v1/exports", fetches, json={"format": "csv"}) == REFUSED
        assert await said(files, "GET", view["file"], fetches) == REFUSED
        await files.deliver(again)
        assert (await said(files, "GET", "/v1/imports", sends))[0] == 200


async def test_a_machine_is_refused_that_the_directory_does_not_list_so(files):
    for claims in (
        {"sub": "machine:th.unknown"},
        {"org": "th-shelter"},
        {"roles": ["submitting_machine", "exporting_machine"]},
    ):
        assert await said(files, "GET", "/v1/imports", sending(files, **claims)) == REFUSED
