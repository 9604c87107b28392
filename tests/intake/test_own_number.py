"""The organisation's own number of a case: found exactly, one case's alone, changed with a trace, and known to nobody else."""

import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.casefile.own_number import compared, own_number
from contracts.casefile.text import InvalidText
from tests.intake.making import AGENCY, SENDER, SHELTER, bodies, file_row, hand_over, open_case, sent
from tests.intake.test_custody import a_move
from tests.intake.test_search import found, search

NUMBER = "ผ-12/2569 B"
ANY = {"If-Match": "*"}


@pytest.mark.parametrize("same", ["ผ-12/2569 b", " ผ–12/2569B", "ผ-๑๒/๒๕๖๙ B"])
def test_two_spellings_of_a_number_are_one(same):
    assert compared(own_number(same)) == compared(NUMBER)


@pytest.mark.parametrize("other", ["ผ-12/2570 B", "ผ 12/2569 B", "12/2569 B"])
def test_another_number_is_another(other):
    assert compared(own_number(other)) != compared(NUMBER)


@pytest.mark.parametrize("refused", ["TH-7F3K-2Q", "th-7f3k-2q"])
def test_a_reference_is_no_number_of_ones_own(refused):
    from contracts.casefile.reference import reference_of

    reference = reference_of("TH", list(refused[3:].upper().replace("-", "")[:5]))
    for one in (reference, reference.lower()):
        with pytest.raises(InvalidText, match="reference"):
            own_number(one)


async def put(intake, case_id, role="case_worker", **body):
    url, headers = f"/v1/cases/{case_id}/fields", intake.as_(role) | ANY
    return await intake.client.put(url, json=body, headers=headers)


async def fields_of(intake, case_id, role="case_worker"):
    answer = await intake.client.get(f"/v1/cases/{case_id}/fields", headers=intake.as_(role))
    return answer.json()


async def kept(intake):
    async with intake.service.database.engine.connect() as conn:
        return list(await conn.execute(text("select * from intake.own_numbers")))


async def test_a_case_is_found_by_the_number_of_its_own_organisation_exactly_and_by_no_other(intake):
    case_id = await open_case(intake, own_number=NUMBER)
    await open_case(intake, own_number="ผ-12/2570 B")
    assert await found(intake, own_number="ผ-๑๒/2569b") == [str(case_id)]
    assert await found(intake, own_number="ผ-12/2569") == []
    assert await found(intake, own_number=NUMBER, org=SHELTER) == []
    (match,) = (await search(intake, own_number=NUMBER)).json()["items"]
    assert (match["agrees"], match["band"]) == (["own-number"], "strong")
    both = await search(intake, own_number=NUMBER, name="Dara")
    assert both.status_code == 422


async def test_it_is_shown_in_the_file_and_on_lists_to_whoever_may_see_the_name(intake):
    case_id = await open_case(intake, own_number=NUMBER, fields={})
    supervisor = intake.as_("supervisor")
    assert (await fields_of(intake, case_id))["own_number"] == NUMBER
    for names, expected in (("page", NUMBER), ("mine", None), ("none", None)):
        listed = await intake.client.get(f"/v1/cases?names={names}", headers=supervisor)
        assert [(one["own_number"], one["person"]) for one in listed.json()["items"]] == [(expected, None)]
    said = [body for body in bodies(await intake.said(), "record.read.v1") if body["resource"] == "person"]
    assert [(one["case_id"], one["fields"]) for one in said] == [(str(case_id), [])]


async def test_a_number_is_one_cases_and_the_other_is_named_to_whoever_may_read_it_alone(intake):
    case_id = await open_case(intake, own_number=NUMBER)
    supervisor = intake.as_("supervisor")
    (reference,) = [one["reference"] for one in bodies(await intake.said(), "case.referenced.v1")]
    again = await intake.client.post(
        "/v1/cases", json={"channel": "hotline", "own_number": NUMBER.lower()}, headers=supervisor
    )
    assert (again.status_code, again.json()["code"], again.json()["case_reference"]) == (
        409,
        "number-taken",
        reference,
    )
    given = {"organisation": AGENCY, "workers": ["th.colleague"]}
    assignment = f"/v1/cases/{case_id}/assignment"
    await intake.client.post(assignment, json=given, headers=supervisor | ANY)
    other = await open_case(intake, intake.as_("case_worker"))
    refused = await put(intake, other, own_number=NUMBER)
    assert (refused.status_code, refused.json()["code"]) == (409, "number-taken")
    assert "case_reference" not in refused.json()
    assert (await fields_of(intake, other))["own_number"] is None
    elsewhere = intake.as_("screening_officer", org=SHELTER)
    await open_case(intake, elsewhere, own_number=NUMBER)
    assert len({bytes(row.entry) for row in await kept(intake)}) == len(await kept(intake)) == 2


async def test_a_number_is_set_later_and_changed_with_a_reason_and_each_stays_in_the_history(intake):
    case_id = await open_case(intake, fields={})
    assert (await put(intake, case_id, own_number="A 1")).status_code == 200
    assert (
        await put(intake, case_id, own_number="a1")
    ).status_code == 200  # the same number, spelt otherwise
    for change in ({"own_number": "A 2"}, {"own_number": None}):
        refused = await put(intake, case_id, **change)
        assert refused.status_code == 422
        assert [(e["loc"], e["code"]) for e in refused.json()["errors"]] == [
            (["body", "reason"], "reason-needed")
        ]
    assert (await put(intake, case_id, own_number="A 2", reason="Miscopied.")).status_code == 200
    assert (await put(intake, case_id, own_number=None, reason="File of another.")).status_code == 200
    url = f"/v1/cases/{case_id}/fields/history"
    items = (await intake.client.get(url, headers=intake.as_("case_worker"))).json()["items"]
    assert [(one["own_number"], one["reason"], one["fields"]) for one in items] == [
        ("A 1", None, {}),
        ("a1", None, {}),
        ("A 2", "Miscopied.", {}),
        ("", "File of another.", {}),
    ]
    assert await kept(intake) == []


async def test_no_event_and_no_table_has_the_number_in_clear(intake):
    await open_case(intake, own_number="KANARIENVOGEL-7")
    assert "KANARIENVOGEL" not in json.dumps(await intake.said()).upper()
    (row,) = await kept(intake)
    assert "kanarienvogel" not in row.value.lower()
    assert b"kanarienvogel" not in bytes(row.entry)


async def test_whoever_hands_a_case_over_keeps_no_number_of_it_and_the_number_is_free(intake):
    case_id = await open_case(intake, own_number=NUMBER)
    for state in ("requested", "received", "accepted"):
        await intake.deliver(a_move(case_id, state))
    assert await kept(intake) == []
    await open_case(intake, own_number=NUMBER)


async def test_a_row_of_a_file_brings_its_number_and_is_refused_where_another_case_has_it(intake):
    case_id = await open_case(intake, own_number="S-1")
    taken = {**file_row(cor_FullName="Sokha"), "own_number": "s-1"}
    free = {**taken, "line": 3, "key": "d" * 64, "own_number": "S-2"}
    body = sent(taken, free)
    known = {
        **SENDER,
        "rows": [{k: v for k, v in one.items() if k != "fields"} for one in body["rows"]],
    }
    headers = intake.as_service("interchange")
    dry = (await intake.client.post("/internal/v1/file-rows/known", json=known, headers=headers)).json()[
        "rows"
    ]
    assert [(one["line"], one["outcome"], one["case_id"]) for one in dry] == [(2, "refused", str(case_id))]
    import_id = uuid4()
    for _ in range(2):
        refused, opened = (await hand_over(intake, import_id, body)).json()["rows"]
        assert (refused["outcome"], refused["case_id"]) == ("refused", str(case_id))
        assert (opened["line"], opened["outcome"]) == (3, "opened")
    assert await found(intake, "supervisor", own_number="S-2") == [opened["case_id"]]
    assert (await fields_of(intake, UUID(opened["case_id"])))["own_number"] == "S-2"


@pytest.mark.parametrize(
    "of",
    [
        {"subject": "machine:th.system", "roles": ["submitting_machine"]},
        {"subject": "th.other", "roles": ["case_worker"]},
    ],
)
async def test_a_case_whose_number_somebody_writes_into_a_file_is_named_to_whoever_may_read_it_alone(
    intake, of
):
    case_id = await open_case(intake, own_number="S-1")
    again = {**file_row(cor_FullName="Dara"), "line": 3, "key": "d" * 64}
    (known,) = (await hand_over(intake, uuid4(), sent(again))).json()["rows"]
    given = {"organisation": AGENCY, "workers": ["th.colleague"]}
    for one in (case_id, known["case_id"]):
        path = f"/v1/cases/{one}/assignment"
        answer = await intake.client.post(path, json=given, headers=intake.as_("supervisor") | ANY)
        assert answer.status_code == 200, answer.text
    number = {**file_row(cor_FullName="Sokha"), "own_number": "s-1"}
    other = {**again, "content": "e" * 64}
    refused = (await hand_over(intake, uuid4(), sent(number, other, **of))).json()["rows"]
    assert [(one["outcome"], one["case_id"], one["case_reference"]) for one in refused] == [
        ("refused", None, None)
    ] * 2
    repeated = (await hand_over(intake, uuid4(), sent(again, **of))).json()["rows"]
    assert [(one["outcome"], one["case_id"]) for one in repeated] == [("duplicate", known["case_id"])]


async def test_a_draft_keeps_the_number_until_it_is_submitted(intake):
    worker = intake.as_("case_worker")
    begun = await intake.client.post(
        "/v1/drafts", json={"channel": "hotline", "own_number": NUMBER}, headers=worker
    )
    assert begun.status_code == 201, begun.text
    path = f"/v1/drafts/{begun.json()['id']}"
    assert (await intake.client.get(path, headers=worker)).json()["own_number"] == NUMBER
    submitted = await intake.client.post(f"{path}/submit", headers=worker | ANY)
    assert submitted.status_code == 200, submitted.text
    assert await found(intake, own_number=NUMBER) == [begun.json()["id"]]
