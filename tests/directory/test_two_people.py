"""Organisations and people's roles on a real PostgreSQL: changed by two operators, and suspended at once by one."""

from typing import Any

from sqlalchemy import text

from services.directory.forms import SeedFile, StaffFile
from services.directory.seeding import seed, seed_staff
from tests.directory.making import DIRECTORY
from tests.harness import Harness

SHELTER, AGENCY, OPERATIONS = "th-shelter", "th-care-agency", "th-operations"
STAFF: dict[str, dict[str, list[str]]] = {
    AGENCY: {"th.supervisor": ["supervisor"], "th.worker": ["case_worker"]},
    SHELTER: {"th.other-supervisor": ["supervisor"]},
    OPERATIONS: {"th.one": ["operator"], "th.two": ["operator"], "th.three": ["operator"]},
}
CARE = {
    "change": "add-organisation",
    "organisation": AGENCY,
    "name": "Care",
    "role": "coordination",
    "type": "NGO",
}
TO = {"cases_to": "th.supervisor", "cases_to_organisation": AGENCY}
SUSPEND = {"change": "suspend-organisation", "organisation": SHELTER, **TO}
TAKE = {"change": "take-role", "organisation": AGENCY, "worker": "th.worker", "staff_role": "case_worker"}


class Office:
    """Two operators before the directory."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness

    async def ask(
        self, who: str, method: str, path: str, *, organisation: str = OPERATIONS, **parts: Any
    ) -> Any:
        headers = {**self.harness.as_("operator", organisation, f"th.{who}"), **parts.pop("headers", {})}
        return await self.harness.client.request(method, path, headers=headers, **parts)

    async def propose(self, body: dict[str, Any], who: str = "one") -> Any:
        return await self.ask(who, "POST", "/v1/proposals", json={"ticket": "OPS-7", **body})

    async def decide(self, proposal: str, verb: str = "confirm", who: str = "two", seen: str = '"1"') -> Any:
        path = f"/v1/proposals/{proposal}/{verb}"
        return await self.ask(who, "POST", path, headers={"If-Match": seen})

    async def both(self, body: dict[str, Any]) -> str:
        answer = await self.propose(body)
        assert answer.status_code == 201, answer.text
        done = await self.decide(answer.json()["id"])
        assert done.status_code == 200, done.text
        return str(answer.json()["id"])

    async def at_once(self, organisation: str = SHELTER, who: str = "one") -> Any:
        path = f"/v1/organisations/{organisation}/suspend"
        return await self.ask(who, "POST", path, json={"ticket": "OPS-8", **TO})

    async def view(self, proposal: str, who: str = "one") -> Any:
        return (await self.ask(who, "GET", f"/v1/proposals/{proposal}")).json()

    async def reads(self, role: str, organisation: str, sub: str) -> int:
        headers = self.harness.as_(role, organisation, sub)
        return (await self.harness.client.get("/v1/organisations", headers=headers)).status_code

    async def said(self, kind: str) -> list[dict[str, Any]]:
        return [body for type_, body in await self.harness.said() if type_ == kind]


async def office(th: Harness, *, described: bool = True) -> Office:
    await seed_staff(th.service, StaffFile.model_validate({"organisations": STAFF}))
    found = Office(th)
    if described:
        await found.both(CARE)
    return found


async def test_an_organisation_is_added_by_two_people_and_not_before(th: Harness):
    found = await office(th, described=False)
    proposed = (await found.propose(CARE)).json()["id"]
    before = len(await found.said("directory.changed.v1"))
    assert (await found.decide(proposed, who="one")).json()["code"] == "second-person"
    assert (await found.decide(proposed, seen="*")).status_code == 428
    assert (await found.decide(proposed, seen='"2"')).status_code == 412
    assert len(await found.said("directory.changed.v1")) == before
    assert (await found.decide(proposed)).status_code == 200
    said = (await found.said("directory.changed.v1"))[-1]
    assert (said["organisation"], said["role"], said["status"], said["suspended"]) == (
        AGENCY,
        "coordination",
        "active",
        False,
    )
    assert (await found.decide(proposed, seen='"2"')).json()["code"] == "wrong-state"
    assert [(one["change"], one["state"]) for one in await found.said("proposal.moved.v1")] == [
        ("add-organisation", "proposed"),
        ("add-organisation", "confirmed"),
    ]


async def test_what_changes_nothing_or_names_nobody_is_refused_when_it_is_proposed(th: Harness):
    found = await office(th)
    role = {
        "change": "change-organisation",
        "organisation": SHELTER,
        "role": "shelter",
        "type": "NGO",
        "status": "active",
    }
    for body, status, code in (
        (CARE, 409, "already-there"),
        ({**SUSPEND, "cases_to": "th.nobody"}, 422, "not-listed"),
        ({**SUSPEND, "cases_to": "th.worker"}, 422, "not-listed"),
        ({**SUSPEND, "cases_to_organisation": SHELTER}, 422, "not-listed"),
        ({**SUSPEND, "cases_to_organisation": "kh-reintegration-agency"}, 422, "other-country"),
        ({**SUSPEND, "organisation": "kh-reintegration-agency"}, 422, "other-country"),
        ({**SUSPEND, "organisation": "th-nowhere"}, 404, "not-found"),
        ({"change": "restore-organisation", "organisation": SHELTER}, 409, "wrong-state"),
        ({**TAKE, "staff_role": "supervisor"}, 409, "wrong-state"),
        ({**TAKE, "change": "give-role", "staff_role": "auditor"}, 422, "roles-apart"),
        ({**TAKE, "change": "give-role", "worker": "machine:th.system"}, 422, "roles-apart"),
        ({**TAKE, "change": "give-role", "staff_role": "submitting_machine"}, 422, "roles-apart"),
        ({**TAKE, "organisation": "th-nowhere"}, 422, "not-listed"),
        ({**role, "role": "police"}, 422, "unknown-code"),
    ):
        answer = await found.propose(body)
        problem = answer.json()
        assert (answer.status_code, code) == (status, problem.get("errors", [problem])[0]["code"]), body
    assert len(await found.said("proposal.moved.v1")) == 2


async def test_a_role_or_status_changes_by_two_people_and_the_file_does_not_undo_it(th: Harness):
    found = await office(th)
    change = {"change": "change-organisation", "organisation": SHELTER}
    await found.both({**change, "role": "health", "type": "NGO", "status": "inactive"})
    await seed(th.service, DIRECTORY)
    said = (await found.said("directory.changed.v1"))[-1]
    assert (said["role"], said["status"], said["suspended"]) == ("health", "inactive", False)


async def test_what_two_people_decided_stays_when_the_file_says_something_else_of_it_later(th: Harness):
    found = await office(th)
    change = {"change": "change-organisation", "organisation": SHELTER}
    await found.both({**change, "role": "health", "type": "NGO", "status": "inactive"})
    entries = [
        {**one, "alternate_name": "New", "type": None} for one in DIRECTORY.model_dump()["organisations"]
    ]
    await seed(th.service, SeedFile.model_validate({"organisations": entries}))
    view = (await found.ask("one", "GET", f"/v1/organisations/{SHELTER}")).json()
    kept = (view["role"], view["status"], view["details"]["type"], view["details"]["alternate_name"])
    assert kept == ("health", "inactive", "NGO", "New")


async def test_nobody_of_a_suspended_organisation_reads_any_more_and_two_people_restore_it(th: Harness):
    found = await office(th)
    supervisor = ("supervisor", SHELTER, "th.other-supervisor")
    assert await found.reads(*supervisor) == 200
    await found.both(SUSPEND)
    assert await found.reads(*supervisor) == 403
    assert await found.reads("supervisor", AGENCY, "th.supervisor") == 200
    said = (await found.said("directory.changed.v1"))[-1]
    assert {name: said[name] for name in ("status", "suspended", *TO)} == {
        "status": "inactive",
        "suspended": True,
        **TO,
    }
    await seed(th.service, DIRECTORY)
    assert await found.reads(*supervisor) == 403
    await found.both({"change": "restore-organisation", "organisation": SHELTER})
    assert await found.reads(*supervisor) == 200
    said = (await found.said("directory.changed.v1"))[-1]
    assert (said["status"], said["suspended"], said["cases_to"]) == ("active", False, None)


async def test_one_person_suspends_at_once_and_a_second_confirms_or_lifts_it(th: Harness):
    found = await office(th)
    supervisor = ("supervisor", SHELTER, "th.other-supervisor")
    for verb, code in (("withdraw", 200), ("confirm", 403)):
        suspended = (await found.at_once()).json()["id"]
        assert await found.reads(*supervisor) == 403
        assert (await found.said("directory.changed.v1"))[-1]["cases_to"] is None
        assert (await found.at_once(who="two")).json()["code"] == "wrong-state"
        assert (await found.decide(suspended, verb, "one")).json()["code"] == "second-person"
        assert (await found.decide(suspended, verb)).status_code == 200
        assert await found.reads(*supervisor) == code
    assert (await found.said("directory.changed.v1"))[-1]["cases_to"] == "th.supervisor"


async def test_two_people_name_another_caretaker_of_what_one_has_suspended_and_nobody_reads_meanwhile(
    th: Harness,
):
    found = await office(th)
    acting = (await found.at_once()).json()["id"]
    supervisor = {"organisation": AGENCY, "staff_role": "supervisor"}
    await found.both({**supervisor, "change": "take-role", "worker": "th.supervisor"})
    assert (await found.decide(acting)).json()["errors"][0]["code"] == "not-listed"
    await found.both({**supervisor, "change": "give-role", "worker": "th.next"})
    await found.both({**SUSPEND, "cases_to": "th.next"})
    assert await found.reads("supervisor", SHELTER, "th.other-supervisor") == 403
    assert (await found.said("directory.changed.v1"))[-1]["cases_to"] == "th.next"
    decided = await found.view(acting)
    assert (decided["state"], decided["decided_by"], decided["moves"]) == ("withdrawn", "th.two", [])


async def test_an_operator_is_whom_the_directory_itself_lists_and_no_pseudonym_of_the_issuers(th: Harness):
    found = await office(th)
    proposed = (await found.propose(TAKE)).json()["id"]
    for who, organisation in (("invented", OPERATIONS), ("two", SHELTER), ("two", "th-invented")):
        for method, path, parts in (
            ("POST", "/v1/proposals", {"json": {"ticket": "OPS-7", **TAKE}}),
            ("POST", f"/v1/proposals/{proposed}/confirm", {"headers": {"If-Match": '"1"'}}),
            ("POST", f"/v1/proposals/{proposed}/withdraw", {"headers": {"If-Match": '"1"'}}),
            ("POST", f"/v1/organisations/{SHELTER}/suspend", {"json": {"ticket": "OPS-8", **TO}}),
            ("GET", "/v1/proposals", {}),
            ("GET", f"/v1/proposals/{proposed}", {}),
        ):
            answer = await found.ask(who, method, path, organisation=organisation, **parts)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (who, path)
    assert await found.reads("case_worker", AGENCY, "th.worker") == 200


async def test_what_somebody_proposed_who_is_no_operator_any_more_is_not_confirmed(th: Harness):
    found = await office(th)
    take = {"change": "take-role", "organisation": OPERATIONS, "staff_role": "operator"}
    of_two = (await found.propose({**take, "worker": "th.two"})).json()["id"]
    of_one = (await found.propose({**take, "worker": "th.one"}, "two")).json()["id"]
    assert (await found.decide(of_two, who="three")).status_code == 200
    assert (await found.decide(of_one, who="three")).json()["code"] == "proposer-gone"
    assert (await found.ask("three", "GET", "/v1/proposals")).json()["items"][0]["moves"][0]["verb"] == (
        "withdraw_proposal"
    )
    assert await found.reads("operator", OPERATIONS, "th.one") == 200


async def test_a_suspension_that_nobody_looked_at_is_overdue_and_still_acts(th: Harness):
    found = await office(th)
    suspended = (await found.at_once()).json()["id"]
    assert (await found.view(suspended))["overdue"] is False
    async with th.service.database.engine.begin() as conn:
        await conn.execute(
            text("update directory.proposals set due_at = now() - interval '1 hour' where state = 'acting'")
        )
    assert (await found.view(suspended))["overdue"] is True
    assert await found.reads("supervisor", SHELTER, "th.other-supervisor") == 403
    listed = (await found.ask("two", "GET", "/v1/proposals?state=acting")).json()
    assert [(one["id"], one["overdue"], [m["verb"] for m in one["moves"]]) for one in listed["items"]] == [
        (suspended, True, ["confirm_proposal", "withdraw_proposal"])
    ]


async def test_a_role_that_is_taken_away_counts_no_more_though_the_token_names_it_and_the_file_too(
    th: Harness,
):
    found = await office(th)
    worker = ("case_worker", AGENCY, "th.worker")
    assert await found.reads(*worker) == 200
    await found.both(TAKE)
    assert await found.reads(*worker) == 403
    await seed_staff(th.service, StaffFile.model_validate({"organisations": STAFF}))
    assert await found.reads(*worker) == 403
    said = (await found.said("staff.changed.v1"))[-1]
    assert {"worker": "th.worker", "roles": []} in said["staff"]
    await found.both({**TAKE, "change": "give-role"})
    assert await found.reads(*worker) == 200


async def test_a_role_that_the_directory_does_not_have_does_not_count_though_a_token_names_it(th: Harness):
    found = await office(th)
    assert await found.reads("supervisor", AGENCY, "th.worker") == 403
    await found.both({**TAKE, "change": "give-role", "staff_role": "supervisor"})
    assert await found.reads("supervisor", AGENCY, "th.worker") == 200


async def test_a_machine_of_another_organisation_is_given_no_role(th: Harness):
    machine = {"machine:th.system": ["submitting_machine"]}
    found = await office(th)
    await seed_staff(th.service, StaffFile.model_validate({"organisations": {**STAFF, SHELTER: machine}}))
    give = {"change": "give-role", "worker": "machine:th.system", "staff_role": "exporting_machine"}
    refused = (await found.propose({**give, "organisation": AGENCY})).json()
    assert refused["errors"][0]["code"] == "already-there"
    assert (await found.propose({**give, "organisation": SHELTER})).status_code == 201


async def test_one_person_does_not_shut_out_all_others_who_could_lift_it(th: Harness):
    alone = {OPERATIONS: {"th.one": ["operator"]}, SHELTER: {"th.two": ["operator"]}}
    found = await office(th)
    await seed_staff(th.service, StaffFile.model_validate({"organisations": {**STAFF, **alone}}))
    assert (await found.at_once()).json()["code"] == "too-few-operators"
    assert await found.reads("operator", SHELTER, "th.two") == 200


async def test_nobody_gives_or_takes_their_own_role(th: Harness):
    found = await office(th)
    own = {"change": "take-role", "organisation": OPERATIONS, "staff_role": "operator", "worker": "th.two"}
    assert (await found.propose(own, "two")).json()["code"] == "second-person"
    proposed = (await found.propose(own)).json()["id"]
    assert (await found.decide(proposed)).json()["code"] == "second-person"
    assert await found.reads("operator", OPERATIONS, "th.two") == 200
