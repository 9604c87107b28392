"""The search of a case by a person's name, papers or telephone: who is found, by whom, and what is left of it."""

import re
from uuid import uuid4

from sqlalchemy import text

from tests.intake.making import SHELTER, bodies, disclosure, open_case, recall_of

DARA = {
    "cor_FullName": "Sok Dara",
    "prs_Birthdate": "1998-12-20",
    "cor_TravelDocumentNumber": "N 1234567",
    "prs_MobilePhone": "+855 12 345 678",
}


async def search(intake, role="case_worker", *, query="", body=None, **sought):
    who = {name: sought.pop(name) for name in ("org", "sub") if name in sought}
    headers = intake.as_(role, **who)
    return await intake.client.post(f"/v1/cases/search{query}", json=body or sought, headers=headers)


async def found(intake, role="case_worker", **sought) -> list[str]:
    answer = await search(intake, role, **sought)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


KNOWN_OF_HER = (
    {"name": "SOKDARA"},
    {"name": "dara sók"},
    {"name": "សុខ ដារ៉ា"},
    {"name": "Dara"},
    {"name": "Sok Dora", "born": "1999~"},
    {"document": "n-1234567"},
    {"telephone": "012 345 678"},
    {"name": "Somebody Else", "telephone": "+85512345678"},
)


async def test_she_is_found_by_whatever_is_known_of_her(intake):
    case_id = await open_case(intake, fields=DARA)
    await open_case(intake, fields={"cor_FullName": "Chea Vanna", "prs_MobilePhone": "+855 99 111 222"})
    for sought in KNOWN_OF_HER:
        assert (sought, await found(intake, **sought)) == (sought, [str(case_id)])


async def test_a_match_says_what_agrees_and_lets_the_case_be_known_again(intake):
    case_id = await open_case(intake, fields=DARA)
    answer = await search(intake, name="Dara Sok", born="1998-12-20", telephone="012345678")
    (one,) = answer.json()["items"]
    assert {name: one[name] for name in ("id", "band", "agrees", "name", "born", "state")} == {
        "id": str(case_id),
        "band": "strong",
        "agrees": ["same-name", "same-birthdate", "telephone"],
        "name": "Sok Dara",
        "born": "1998-12-20",
        "state": "open",
    }
    assert answer.headers["cache-control"] == "no-store"
    assert [move["verb"] for move in answer.json()["moves"]] == ["open_case"]


async def test_nobody_finds_what_they_may_not_read_and_cannot_tell_whether_it_is_there(intake):
    theirs = await open_case(intake, fields=DARA)
    headers = {**intake.as_("supervisor"), "If-Match": "*"}
    body = {"organisation": "th-care-agency", "workers": ["th.worker"]}
    assigned = await intake.client.post(f"/v1/cases/{theirs}/assignment", json=body, headers=headers)
    assert assigned.status_code == 200, assigned.text
    assert await found(intake, "case_worker", sub="th.worker", name="Sok Dara") == [str(theirs)]
    assert await found(intake, "supervisor", name="Sok Dara") == [str(theirs)]
    for who in ({"sub": "th.colleague"}, {"org": SHELTER}):
        for sought in ({"name": "Sok Dara"}, {"telephone": "012 345 678"}):
            hidden, nothing = await search(intake, **who, **sought), await search(intake, **who, name="Ada")
            assert (hidden.status_code, hidden.json()) == (200, nothing.json())
        assert (await search(intake, **who, case_id=str(theirs))).status_code == 404
    assert (await search(intake, "auditor", name="Sok Dara")).status_code == 403


async def test_the_first_place_goes_to_the_likeliest_and_pages_go_on_from_there(intake):
    exact = await open_case(intake, fields=DARA)
    others = [
        await open_case(intake, fields={"cor_FullName": f"Sok Dara {more}"}) for more in ("A", "Be", "Chan")
    ]
    first = (await search(intake, query="?limit=2", name="Sok Dara")).json()
    second = (await search(intake, query=f"?limit=2&after={first['next']}", name="Sok Dara")).json()
    ids = [one["id"] for one in [*first["items"], *second["items"]]]
    assert (ids[0], set(ids), len(ids), second["next"]) == (
        str(exact),
        {*map(str, [exact, *others])},
        4,
        None,
    )


FINDS_NOBODY = (
    {"name": None},
    {"born": "1998"},
    {"name": "..."},
    {"name": "Dara", "external": "7"},
    {"document": "a-1"},
    {"telephone": "112"},
    {"case_id": str(uuid4()), "name": "Dara"},
)


async def test_what_finds_nobody_is_refused_without_being_repeated(intake):
    for body in FINDS_NOBODY:
        answer = await search(intake, body=body)
        assert (body, answer.status_code, "Dara" in answer.text) == (body, 422, False)


async def test_a_search_is_on_record_without_what_was_looked_for(intake):
    case_id = await open_case(intake, fields=DARA)
    before = len(await intake.said())
    await search(intake, name="Sok Dara")
    await search(intake, name="Nobody Here", telephone="+66 81 999 9999")
    said = (await intake.said())[before:]
    assert bodies(said, "case.searched.v1") == [{"found": 1}, {"found": 0}]
    assert [(one["case_id"], one["resource"], one["fields"]) for one in bodies(said, "record.read.v1")] == [
        (str(case_id), "match", ["cor_FullName", "prs_Birthdate"])
    ]


async def test_no_name_number_or_telephone_stands_anywhere_in_clear(intake, caplog):
    await open_case(intake, fields=DARA)
    assert len(await found(intake, name="Sok Dara", document="N1234567")) == 1
    async with intake.service.database.engine.connect() as conn:
        tables = "select schemaname, tablename from pg_tables where schemaname in ('intake', 'chassis')"
        named = (await conn.execute(text(tables))).all()
        rows = [str((await conn.execute(text(f"select t::text from {s}.{t} t"))).all()) for s, t in named]
    everything = re.sub(r"v1\.[\w-]+", "", "\n".join(rows)) + caplog.text
    assert [canary for canary in ("Dara", "dara", "sktr", "1234567", "345678") if canary in everything] == []


async def test_two_organisations_know_one_person_by_different_entries(intake):
    for org in ("th-care-agency", SHELTER):
        await open_case(intake, intake.as_("screening_officer", org=org), fields=DARA)
    async with intake.service.database.engine.connect() as conn:
        rows = await conn.execute(text("select entry from intake.blind_index"))
        entries = [bytes(row.entry) for row in rows]
    assert len(entries) == len(set(entries)) > 0


async def test_a_received_person_is_found_as_long_as_it_may_be_read_and_not_afterwards(intake, monkeypatch):
    received = await disclosure(intake, DARA)
    await intake.deliver(received)
    await intake.work()
    granted: dict = {}

    async def closed(asked):
        return {one: granted.get(one) for one in asked}

    monkeypatch.setattr(intake.service.parts.grants, "closed", closed)
    assert await found(intake, name="Sok Dara") == [str(received.case_id)]
    granted[received.disclosure_id] = "withdrawn"
    assert await found(intake, name="Sok Dara") == []
    granted.clear()
    await intake.deliver(recall_of(received))
    assert await found(intake, name="Sok Dara") == []


async def test_what_is_recorded_here_stands_beside_what_was_received_in_the_index(intake):
    received = await disclosure(intake, {"cor_FullName": "Sok Dara"})
    await intake.deliver(received)
    await intake.work()
    path, headers = f"/v1/cases/{received.case_id}/fields", {**intake.as_("case_worker"), "If-Match": "*"}
    body = {"fields": {"prs_MobilePhone": "012 345 678"}}
    assert (await intake.client.put(path, json=body, headers=headers)).status_code == 200
    await intake.work()
    async with intake.service.database.engine.connect() as conn:
        count = (await conn.execute(text("select count(*) from intake.blind_index"))).scalar_one()
    assert count > 10


async def test_a_name_that_was_corrected_is_found_no_longer(intake):
    case_id = await open_case(intake, fields=DARA)
    headers = {**intake.as_("case_worker"), "If-Match": "*"}
    body = {"fields": {"cor_FullName": "Chea Vanna"}, "reason": "Another woman's name."}
    answer = await intake.client.put(f"/v1/cases/{case_id}/fields", json=body, headers=headers)
    assert answer.status_code == 200
    assert (await found(intake, name="Sok Dara"), await found(intake, name="Vanna Chea")) == (
        [],
        [str(case_id)],
    )
