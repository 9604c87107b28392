"""Fields of the person over HTTP: own ones, changes with If-Match, and what is kept and opened of received ones."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from contracts.codes import codes
from contracts.events.consent import DisclosureRecalledV1
from contracts.internal import ReadingGrant
from services.intake.casefile.grants import ConsentGrants
from services.intake.casefile.parts import Parts
from tests.intake.making import (
    AGENCY,
    NOW,
    acceptance_of,
    authorisation,
    bodies,
    correction_of,
    disclosure,
    open_case,
    recall_of,
)
from tests.intake.test_api_ages import put

RECEIVED = {"cor_FullName": "Sokha", "prs_Citizenship": '["KH"]'}


@pytest.fixture
def consent(intake):
    """Consent's answers, by disclosure; None while it is down. The calls are counted."""

    class Consent:
        def __init__(self):
            self.down, self.calls, self.withdrawn, self.meanwhile = False, 0, set(), None
            self.hears_after = 0
            """The call before which it has heard of no disclosure."""

        async def answer(self, request: httpx2.Request) -> httpx2.Response:
            self.calls += 1
            if self.down:
                raise httpx2.ConnectError("down")
            assert request.headers["authorization"].startswith("Bearer ")
            if self.calls < self.hears_after:
                return httpx2.Response(404, json={})
            disclosure_id = request.url.path.rsplit("/", 1)[1]
            granted = ReadingGrant(
                disclosure_id=disclosure_id,
                granted=disclosure_id not in self.withdrawn,
                purpose=None,
                fields=[],
                closed_for=None,
            )
            if self.meanwhile is not None:
                await intake.deliver(self.meanwhile)
            return httpx2.Response(200, json=granted.model_dump(mode="json"))

    consent = Consent()
    intake.service.peers.http = httpx2.AsyncClient(transport=httpx2.MockTransport(consent.answer))
    intake.service.settings.peers["consent"] = "http://consent.test"
    return consent


async def fields_of(intake, case_id, headers=None):
    answer = await intake.client.get(
        f"/v1/cases/{case_id}/fields", headers=headers or intake.as_("case_worker")
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_named_fields_are_replaced_or_removed_and_others_stay(intake):
    case_id = await open_case(intake)
    headers = intake.as_("case_worker") | {"If-Match": '"1"'}
    changes = {
        "fields": {"cor_FullName": "Sokha Chan", "prs_MobilePhone": None},
        "flags": ["medical_emergency"],
        "reason": "Her mother spells it so.",
    }
    answer = await intake.client.put(f"/v1/cases/{case_id}/fields", json=changes, headers=headers)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    view = await fields_of(intake, case_id)
    assert view["fields"] == {
        "cor_FullName": "Sokha Chan",
        "prs_Birthdate": "1998-05~",
        "prs_Citizenship": ["KH", "XXA"],
        "vic_TypeOfExploitation": ["ForcedLabour"],
    }
    assert view["flags"] == ["medical_emergency"]
    case = (await intake.client.get(f"/v1/cases/{case_id}", headers=intake.as_("case_worker"))).json()
    assert (case["urgency"], case["version"]) == ("immediate", 2)


async def test_a_change_to_what_has_changed_since_is_refused(intake):
    case_id = await open_case(intake)
    headers = intake.as_("case_worker") | {"If-Match": '"7"'}
    answer = await intake.client.put(
        f"/v1/cases/{case_id}/fields", json={"fields": {"cor_FullName": "X Y"}}, headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition-failed")
    assert (await fields_of(intake, case_id))["fields"]["cor_FullName"] == "สมหญิง"


async def test_a_change_of_what_nobody_looked_at_is_refused(intake):
    """Without If-Match the last writer would win unseen."""
    case_id = await open_case(intake)
    answer = await intake.client.put(
        f"/v1/cases/{case_id}/fields",
        json={"fields": {"cor_FullName": "X Y"}},
        headers=intake.as_("case_worker"),
    )
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")
    assert (await fields_of(intake, case_id))["fields"]["cor_FullName"] == "สมหญิง"


async def test_opening_fields_is_said_with_their_names_before_they_are_shown(intake):
    case_id = await open_case(intake, fields={"cor_FullName": "Sokha", "prs_Gender": "Feminine"})
    await fields_of(intake, case_id)
    reads = bodies(await intake.said(), "record.read.v1")
    assert [(read["resource"], read["fields"]) for read in reads] == [
        ("case-fields", ["cor_FullName", "prs_Gender"])
    ]


async def test_received_fields_are_readable_where_the_grant_allows_it(intake, consent):
    received = await disclosure(intake, RECEIVED, allowed=("cor_FullName",))
    await intake.deliver(received)
    said = await intake.said()
    assert [type_ for type_, _ in said] == [
        "case.opened.v1",
        "case.assigned.v1",
        "age_group.known.v1",
        "case.referenced.v1",
    ]
    assert (said[0][1]["channel"], said[0][1]["person_id"]) == ("exchange", str(received.person_id))
    view = await fields_of(intake, received.case_id)
    assert view["fields"] == {}
    assert [(part["closed"], part["fields"]) for part in view["received"]] == [
        (None, {"cor_FullName": "Sokha"})
    ]
    reads = bodies(await intake.said(), "record.read.v1")
    assert (reads[1]["resource"], reads[1]["resource_id"], reads[1]["fields"], reads[1]["allowed"]) == (
        "received-fields",
        str(received.disclosure_id),
        ["cor_FullName"],
        True,
    )


async def test_the_flags_that_stand_are_those_that_are_shown_of_what_came_until_somebody_here_records_some(
    intake, consent
):
    received = await disclosure(intake, {"cor_UrgentHealth": '["late_pregnancy"]'})
    await intake.deliver(received)
    view = await fields_of(intake, received.case_id)
    assert (view["flags"], view["standing_flags"]) == ([], ["late_pregnancy"])
    await put(intake, received.case_id, flags=[], reason="she gave birth")
    assert (await fields_of(intake, received.case_id))["standing_flags"] == []


async def test_received_fields_are_closed_as_soon_as_consent_says_no(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    consent.withdrawn.add(str(received.disclosure_id))
    (part,) = (await fields_of(intake, received.case_id))["received"]
    assert (part["closed"], part["fields"]) == ("recalled", {})
    assert bodies(await intake.said(), "record.read.v1")[-1]["allowed"] is False


async def test_what_is_recalled_after_consent_said_yes_is_not_shown_and_says_why(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    consent.meanwhile = recall_of(received).model_copy(update={"reason": "withdrawn"})
    (part,) = (await fields_of(intake, received.case_id))["received"]
    assert (part["closed"], part["fields"]) == ("withdrawn", {})
    assert bodies(await intake.said(), "record.read.v1")[-1]["allowed"] is False


async def test_received_fields_are_closed_while_consent_is_down_and_open_again_after(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    consent.down = True
    (part,) = (await fields_of(intake, received.case_id))["received"]
    assert (part["closed"], part["fields"]) == ("unconfirmed", {})
    consent.down = False
    (part,) = (await fields_of(intake, received.case_id))["received"]
    assert part["fields"] == {"cor_FullName": "Sokha", "prs_Citizenship": ["KH"]}


async def test_received_fields_that_consent_has_not_heard_of_yet_are_waited_for_and_closed_after_a_second(
    intake, consent
):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    intake.service.settings.heard_seconds, consent.hears_after = 1.0, 4
    (part,) = (await fields_of(intake, received.case_id))["received"]
    assert (part["closed"], part["fields"]["cor_FullName"], consent.calls) == (None, "Sokha", 4)
    intake.service.parts = Parts(ConsentGrants(intake.service))
    intake.service.settings.heard_seconds, consent.hears_after = 0.1, 1000
    (part,) = (await fields_of(intake, received.case_id))["received"]
    assert (part["closed"], part["fields"], consent.calls) == ("unconfirmed", {}, 7)


async def test_a_yes_of_consent_is_remembered_for_five_seconds_and_not_longer(intake, consent):
    now = 100.0
    intake.service.parts = Parts(ConsentGrants(intake.service, lambda: now))
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    await fields_of(intake, received.case_id)
    consent.withdrawn.add(str(received.disclosure_id))
    now = 104.9
    assert (await fields_of(intake, received.case_id))["received"][0]["closed"] is None
    now = 105.1
    assert (await fields_of(intake, received.case_id))["received"][0]["closed"] == "recalled"
    assert consent.calls == 2


async def test_an_ended_grant_is_closed_without_asking_anybody(intake, consent):
    received = await disclosure(intake, RECEIVED, terms={"valid_until": NOW - timedelta(seconds=1)})
    await intake.deliver(received)
    (part,) = (await fields_of(intake, received.case_id))["received"]
    assert (part["closed"], part["fields"], consent.calls) == ("ended", {}, 0)


async def test_another_organisation_that_should_ever_see_the_case_was_granted_nothing(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    await intake.grant_access(received.case_id, "th-shelter")
    view = await fields_of(intake, received.case_id, intake.as_("case_worker", org="th-shelter"))
    assert [(part["closed"], part["fields"]) for part in view["received"]] == [("elsewhere", {})]


async def due(intake) -> list[str]:
    """The kinds of work that wait now, beside what comes with the day: the tests' own lies in the past."""
    statement = text(
        "select kind from chassis.work where due_at <= now() and kind not in ('come-of-age', 'unopened')"
        " order by kind"
    )
    async with intake.service.database.engine.connect() as conn:
        return [row.kind for row in await conn.execute(statement)]


async def test_a_recall_before_acceptance_erases_the_fields_and_the_key_and_then_answers(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    await intake.deliver(recall_of(received))
    async with intake.service.database.engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from intake.fields"))).scalar_one() == 0
    assert bodies(await intake.said(), "disclosure.closed.v1") == []
    assert await due(intake) == ["destroy-key", "index", "index"]
    await intake.work()
    assert [b["answer"] for b in bodies(await intake.said(), "disclosure.closed.v1")] == ["erased"]
    intake.service.vault.forget(received.person_id)
    assert await intake.service.vault.open_many(
        [(received.person_id, f.field, received.disclosure_id, f.value) for f in received.fields]
    ) == [None, None]
    assert (await fields_of(intake, received.case_id))["received"][0]["closed"] == "recalled"
    answer = await intake.client.put(
        f"/v1/cases/{received.case_id}/fields",
        json={"fields": {"cor_FullName": "X Y"}},
        headers=intake.as_("case_worker") | {"If-Match": "*"},
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_recall_keeps_the_key_under_which_something_of_our_own_is(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    headers = intake.as_("case_worker") | {"If-Match": "*"}
    change = {"fields": {"prs_Gender": "Feminine"}}
    assert (
        await intake.client.put(f"/v1/cases/{received.case_id}/fields", json=change, headers=headers)
    ).status_code == 200
    await intake.deliver(recall_of(received))
    assert bodies(await intake.said(), "disclosure.closed.v1") == []
    await intake.work()
    assert [b["answer"] for b in bodies(await intake.said(), "disclosure.closed.v1")] == ["restricted"]
    view = await fields_of(intake, received.case_id)
    assert (view["fields"], view["received"][0]["fields"]) == ({"prs_Gender": "Feminine"}, {})


async def kept(intake, table: str) -> list[Any]:
    """The rows of a table of intake, read past every wall."""
    async with intake.service.database.engine.connect() as conn:
        return list(await conn.execute(text(f"select * from intake.{table}")))


async def test_a_recall_after_acceptance_closes_the_fields_and_the_help_goes_on(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    await intake.deliver(acceptance_of(received))
    assert (await fields_of(intake, received.case_id))["received"][0]["closed"] is None
    assert len(await kept(intake, "fields")) == len(RECEIVED)
    await intake.deliver(recall_of(received))
    assert await kept(intake, "fields") == []  # no received value stands in the table, whatever a view shows
    await intake.work()
    assert await kept(intake, "blind_index") == []
    assert [b["answer"] for b in bodies(await intake.said(), "disclosure.closed.v1")] == ["restricted"]
    (part,) = (await fields_of(intake, received.case_id))["received"]
    assert (part["closed"], part["fields"]) == ("recalled", {})
    change = {"fields": {"prs_Gender": "Feminine"}}
    headers = intake.as_("case_worker") | {"If-Match": "*"}
    answer = await intake.client.put(f"/v1/cases/{received.case_id}/fields", json=change, headers=headers)
    assert answer.status_code == 200


async def test_an_acceptance_that_overtook_its_disclosure_counts(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(acceptance_of(received))
    await intake.deliver(received)
    await intake.deliver(recall_of(received))
    assert [b["answer"] for b in bodies(await intake.said(), "disclosure.closed.v1")] == ["restricted"]


async def test_the_senders_half_of_a_referral_accepts_nothing_here(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    await intake.deliver(acceptance_of(received, half="outgoing"))
    await intake.deliver(recall_of(received))
    await intake.work()
    assert [b["answer"] for b in bodies(await intake.said(), "disclosure.closed.v1")] == ["erased"]


async def test_what_arrives_after_its_recall_is_not_kept_and_its_key_goes(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(recall_of(received))
    assert bodies(await intake.said(), "disclosure.closed.v1") == []
    await intake.deliver(received)
    await intake.work()
    said = await intake.said()
    assert [b["answer"] for b in bodies(said, "disclosure.closed.v1")] == ["erased"]
    assert bodies(said, "case.opened.v1") == []
    async with intake.service.database.engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from intake.fields"))).scalar_one() == 0


async def test_a_second_disclosure_of_the_case_opens_no_second_case(intake, consent):
    first = await disclosure(intake, RECEIVED)
    await intake.deliver(first)
    second = await disclosure(
        intake, {"prs_Gender": "Feminine"}, case_id=first.case_id, person_id=first.person_id, first=False
    )
    await intake.deliver(second)
    assert len(bodies(await intake.said(), "case.opened.v1")) == 1
    await intake.deliver(recall_of(first))
    await intake.work()  # no key goes: the other disclosure is still under it
    assert [b["answer"] for b in bodies(await intake.said(), "disclosure.closed.v1")] == ["restricted"]
    parts = (await fields_of(intake, first.case_id))["received"]
    assert {part["disclosure_id"]: part["fields"] for part in parts} == {
        str(first.disclosure_id): {},
        str(second.disclosure_id): {"prs_Gender": "Feminine"},
    }


async def test_a_person_referred_again_after_an_erasure_has_a_new_key(intake, consent):
    first = await disclosure(intake, RECEIVED)
    await intake.deliver(first)
    await intake.deliver(recall_of(first))
    await intake.work()
    second = await disclosure(intake, {"prs_Gender": "Feminine"}, case_id=first.case_id, first=False)
    await intake.deliver(second)
    parts = (await fields_of(intake, first.case_id))["received"]
    assert [part["fields"] for part in parts if part["closed"] is None] == [{"prs_Gender": "Feminine"}]


async def test_exchange_gets_exactly_the_own_fields_that_it_asked_for(intake):
    case_id = await open_case(intake)
    fields = ["cor_FullName", "prs_Citizenship", "prs_Email"]
    event = authorisation(case_id, tuple(fields))
    await intake.deliver(event)
    disclosure_id = event.disclosure_id
    body = {"disclosure_id": str(disclosure_id), "fields": fields}
    answer = await intake.client.post(
        f"/internal/v1/cases/{case_id}/disclosable", json=body, headers=intake.as_service("exchange")
    )
    assert (answer.status_code, answer.json()) == (
        200,
        {"cor_FullName": "สมหญิง", "prs_Citizenship": ["KH", "XXA"]},
    )
    (read,) = bodies(await intake.said(), "record.read.v1")
    assert (read["resource"], read["resource_id"], read["fields"]) == (
        "disclosure",
        str(disclosure_id),
        ["cor_FullName", "prs_Citizenship"],
    )


async def test_what_was_received_is_never_passed_on(intake, consent):
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    event = authorisation(received.case_id, ("cor_FullName",))
    await intake.deliver(event)
    body = {"disclosure_id": str(event.disclosure_id), "fields": ["cor_FullName"]}
    answer = await intake.client.post(
        f"/internal/v1/cases/{received.case_id}/disclosable", json=body, headers=intake.as_service("exchange")
    )
    assert answer.json() == {}


async def disclosable(intake, case_id, disclosure_id, *fields):
    url, body = (
        f"/internal/v1/cases/{case_id}/disclosable",
        {"disclosure_id": str(disclosure_id), "fields": list(fields)},
    )
    answer = await intake.client.post(url, json=body, headers=intake.as_service("exchange"))
    assert "+66" not in answer.text
    return answer.status_code, answer.json() if answer.status_code == 200 else None


async def test_exchange_reads_no_field_beyond_the_authorised_ones(intake):
    case_id = await open_case(intake)
    event = authorisation(case_id, ("cor_FullName",))
    await intake.deliver(event)
    answer = await disclosable(intake, case_id, event.disclosure_id, "cor_FullName", "prs_MobilePhone")
    assert answer == (200, {"cor_FullName": "สมหญิง"})


async def test_exchange_reads_nothing_under_a_disclosure_that_nobody_authorised(intake):
    case_id = await open_case(intake)
    assert await disclosable(intake, case_id, uuid4(), "cor_FullName", "prs_MobilePhone") == (503, None)


async def test_exchange_that_asks_before_the_authorisation_has_arrived_is_answered_when_it_has(intake):
    """Both hear of it at once, and what exchange hears by the log may be the quicker one; sealing would ask again after a second."""
    case_id = await open_case(intake)
    event = authorisation(case_id, ("cor_FullName",))
    asking = asyncio.create_task(disclosable(intake, case_id, event.disclosure_id, "cor_FullName"))
    await asyncio.sleep(0.05)
    await intake.deliver(event)
    assert await asking == (200, {"cor_FullName": "สมหญิง"})
    (read,) = bodies(await intake.said(), "record.read.v1")
    assert read["resource_id"] == str(event.disclosure_id)


async def test_exchange_reads_nothing_of_another_case(intake):
    case_id, other = await open_case(intake), await open_case(intake)
    event = authorisation(other, ("cor_FullName",))
    await intake.deliver(event)
    assert await disclosable(intake, case_id, event.disclosure_id, "cor_FullName") == (404, None)


@pytest.mark.parametrize("recall_first", [False, True])
async def test_exchange_reads_nothing_after_a_recall_whichever_came_first(intake, recall_first):
    case_id = await open_case(intake)
    event = authorisation(case_id, ("cor_FullName",))
    recall = DisclosureRecalledV1(
        case_id=case_id, disclosure_id=event.disclosure_id, referral_id=event.referral_id, reason="withdrawn"
    )
    for one in (recall, event) if recall_first else (event, recall):
        await intake.deliver(one)
    assert await disclosable(intake, case_id, event.disclosure_id, "cor_FullName") == (404, None)


async def test_exchange_reads_nothing_when_the_authorisation_has_ended(intake):
    case_id = await open_case(intake)
    event = authorisation(case_id, ("cor_FullName",)).model_copy(
        update={"valid_until": NOW - timedelta(days=1)}
    )
    await intake.deliver(event)
    assert await disclosable(intake, case_id, event.disclosure_id, "cor_FullName") == (404, None)


@pytest.mark.parametrize("caller", ["referral", "consent", "case_worker", "supervisor", "operator"])
async def test_nobody_but_exchange_asks_for_disclosable_fields(intake, caller):
    case_id = await open_case(intake)
    headers = intake.as_service(caller) if caller in ("referral", "consent") else intake.as_(caller)
    body = {"disclosure_id": str(uuid4()), "fields": ["cor_FullName"]}
    answer = await intake.client.post(f"/internal/v1/cases/{case_id}/disclosable", json=body, headers=headers)
    assert answer.status_code == 404
    assert "สมหญิง" not in answer.text
    assert AGENCY not in answer.text


@pytest.mark.parametrize("reason", ["withdrawn", "narrowed", "entered_in_error", "completed", None])
async def test_who_may_no_longer_read_is_told_why(intake, consent, reason):
    """A recipient reads that she ended her consent, and not that something was not granted."""
    received = await disclosure(intake, RECEIVED)
    await intake.deliver(received)
    await intake.deliver(acceptance_of(received))
    await intake.deliver(recall_of(received).model_copy(update={"reason": reason}))
    (part,) = (await fields_of(intake, received.case_id))["received"]
    assert (part["closed"], part["fields"]) == (reason or "recalled", {})
    assert codes("reading_closed")["withdrawn"] == "She ended her consent"


async def test_who_holds_an_old_value_is_told_which_field_its_sender_has_corrected(intake, consent):
    """Names alone, of what it was given; they stay, also beside those of a later correction."""
    received = await disclosure(intake, RECEIVED)
    for event in (received, acceptance_of(received), recall_of(received)):
        await intake.deliver(event)
    for names in (("prs_Citizenship", "cor_Health"), ("cor_FullName",), ("cor_FullName",)):
        await intake.deliver(correction_of(received, *names))
    (part,) = (await fields_of(intake, received.case_id))["received"]
    assert (part["fields"], part["changed"]) == ({}, ["cor_FullName", "prs_Citizenship"])
