"""She asks to be erased: a second person decides, every service lets go, and then the key is destroyed and written down."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.vault.ledger import read_ledger
from chassis.vault.vault import KeyDestroyed, Vault
from services.intake.app import VERSIONS, build
from services.intake.rights.api import RIGHTS
from services.intake.rights.domain import facts
from services.intake.rights.domain.erasure import (
    Erasure,
    ErasureState,
    ErasureVerb,
    SamePerson,
    TooEarly,
    WrongErasureMove,
)
from services.intake.rights.outgoing import EPOCH_ENDED, ERASE_AGAIN
from services.intake.rights.store import GOES
from services.intake.settings import Settings
from tests.harness import running
from tests.intake.making import PERSON, bodies, disclosure, open_case
from tests.intake.test_calls import Desk
from tests.intake.test_erasure import person_of
from tests.intake.test_search import found

NOW = datetime(2026, 11, 26, tzinfo=UTC)
WHY = "she has asked twice, of her own accord"


def erasure(state: ErasureState = ErasureState.REQUESTED) -> Erasure:
    case_id = uuid4()
    return Erasure(uuid4(), case_id, uuid4(), "th-care-agency", state, "th.worker", NOW, "v1.sealed")


def moved(one: Erasure, verb: ErasureVerb, by: str = "th.supervisor") -> None:
    match verb:
        case ErasureVerb.CANCEL:
            one.cancel(by, NOW)
        case ErasureVerb.REFUSE:
            one.refuse(by, NOW, "th-archives")
        case ErasureVerb.CONFIRM:
            one.confirm(by, NOW, timedelta(0))
        case ErasureVerb.COMPLETE:
            one.complete(NOW, "2026-11")
        case ErasureVerb.REPEAT:
            one.repeat(NOW, "2026-11")


@pytest.mark.parametrize("state", ErasureState)
def test_an_erasure_moves_as_its_table_says_and_is_never_taken_up_again(state):
    allowed = {
        ErasureState.REQUESTED: set(ErasureVerb) - {ErasureVerb.COMPLETE},
        ErasureState.CONFIRMED: {ErasureVerb.COMPLETE},
    }
    for verb in ErasureVerb:
        one = erasure(state)
        if verb in allowed.get(state, set()):
            moved(one, verb)
        else:
            with pytest.raises(WrongErasureMove):
                moved(one, verb)
            assert one.state is state


def test_who_recorded_the_request_neither_confirms_nor_refuses_it_and_may_cancel_it():
    one = erasure()
    for verb in (ErasureVerb.CONFIRM, ErasureVerb.REFUSE):
        with pytest.raises(SamePerson):
            moved(one, verb, by="th.worker")
    assert [verb for verb in RIGHTS if one.lets(verb, "th.worker")] == [ErasureVerb.CANCEL]
    assert one.cancel("th.worker", NOW) == [facts.ErasureCancelled(one.case_id, one.id)]


def test_nobody_confirms_before_its_time_and_until_then_she_can_take_it_back():
    early, wait = erasure(), timedelta(hours=24)
    with pytest.raises(TooEarly):
        early.confirm("th.supervisor", NOW + wait - timedelta(seconds=1), wait)
    for verb in (ErasureVerb.CANCEL, ErasureVerb.REFUSE):
        moved(erasure(), verb)
    late = erasure()
    late.confirm("th.supervisor", NOW + wait, wait)
    assert late.state is ErasureState.CONFIRMED


@pytest.fixture
async def intake(postgres, tmp_path):
    async with running(
        "intake", build, VERSIONS, Settings, postgres, tmp_path, erasure_ledger=tmp_path / "erasures.jsonl"
    ) as made:
        yield made


@pytest.fixture
async def consent(intake):
    vault = Vault(intake.service.settings, "consent")
    await vault.start()
    yield vault
    await vault.stop()


async def ask(intake, case_id, role: str = "case_worker"):
    path = f"/v1/cases/{case_id}/erasures"
    return await intake.client.post(path, json={"reason": WHY}, headers=intake.as_(role))


async def asked(intake, case_id) -> str:
    answer = await ask(intake, case_id)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def decide(intake, erasure_id: str, verb: str = "confirm", role: str = "supervisor", **body):
    path = f"/v1/erasures/{erasure_id}/{verb}"
    return await intake.client.post(path, json=body or None, headers=intake.as_(role))


async def erased(intake, case_id) -> str:
    erasure_id = await asked(intake, case_id)
    answer = await decide(intake, erasure_id)
    assert answer.status_code == 200, answer.text
    return erasure_id


async def shown(intake, case_id):
    answer = await intake.client.get(f"/v1/cases/{case_id}/erasures", headers=intake.as_("supervisor"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def rows(intake, statement: str, **parameters):
    async with intake.service.database.engine.connect() as conn:
        return (await conn.execute(text(statement), parameters)).all()


async def left(intake, case_id) -> dict[str, int]:
    found = {
        table: len(await rows(intake, f"select 1 from intake.{table} where case_id = :c", c=case_id))
        for table in GOES
    }
    return {table: count for table, count in found.items() if count}


def ledger(intake) -> list[UUID]:
    file = intake.service.settings.erasure_ledger
    return [entry.key for entry in read_ledger(file)] if file.exists() else []


def words(fields) -> list[str]:
    return [word for value in fields.values() for word in ([value] if isinstance(value, str) else value)]


async def test_nothing_goes_before_a_second_person_has_confirmed_it(intake):
    case_id = await open_case(intake)
    erasure_id = await asked(intake, case_id)
    (one,) = (await shown(intake, case_id))["items"]
    assert (one["state"], one["reason"], {move["verb"] for move in one["moves"]}) == (
        "requested",
        WHY,
        {"confirm_erasure", "refuse_erasure", "cancel_erasure"},
    )
    assert (await ask(intake, case_id)).status_code == 409  # one of the case is open
    fields = await intake.client.get(f"/v1/cases/{case_id}/fields", headers=intake.as_("case_worker"))
    assert fields.json()["fields"] == PERSON
    async with intake.service.database.engine.connect() as conn:
        kept = (await conn.execute(text("select reason from intake.erasures"))).scalar_one()
    assert kept.startswith("v1.")
    assert (await decide(intake, erasure_id, "cancel", "case_worker")).status_code == 200
    assert (await decide(intake, erasure_id)).status_code == 409
    assert bodies(await intake.said(), "erasure.confirmed.v1") == []


async def test_who_recorded_her_wish_is_not_the_second_person(intake):
    case_id = await open_case(intake)
    erasure_id = (await ask(intake, case_id, "supervisor")).json()["id"]
    refused = await decide(intake, erasure_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "second-person")
    headers = intake.as_("supervisor", sub="th.another-supervisor")
    answer = await intake.client.post(f"/v1/erasures/{erasure_id}/confirm", headers=headers)
    assert answer.status_code == 200


async def test_who_asked_in_distress_has_a_day_to_take_it_back(intake):
    """Until then the second person is offered no confirmation and is refused one, and nothing goes; cancelled, nothing ever does."""
    intake.service.settings.erasure_wait_hours = Settings.model_fields["erasure_wait_hours"].default
    case_id = await open_case(intake)
    erasure_id = await asked(intake, case_id)
    (one,) = (await shown(intake, case_id))["items"]
    since, until = (datetime.fromisoformat(one[name]) for name in ("requested_at", "confirmable_from"))
    assert until - since == timedelta(hours=24)
    assert {move["verb"] for move in one["moves"]} == {"refuse_erasure", "cancel_erasure"}
    early = await decide(intake, erasure_id)
    assert (early.status_code, early.json()["code"]) == (409, "erasure-waits")
    assert ((await shown(intake, case_id))["items"][0]["state"], await left(intake, case_id) == {}) == (
        "requested",
        False,
    )
    assert (await decide(intake, erasure_id, "cancel", "case_worker")).status_code == 200
    again = await asked(intake, case_id)
    async with intake.service.database.engine.begin() as conn:
        earlier = "update intake.erasures set requested_at = requested_at - interval '24 hours'"
        await conn.execute(text(earlier))
    assert (await decide(intake, again)).status_code == 200


async def test_a_law_of_the_country_keeps_everything_and_its_name_stays_with_the_request(intake):
    case_id = await open_case(intake)
    erasure_id = await asked(intake, case_id)
    foreign = await decide(intake, erasure_id, "refuse", law="kh-archives")
    assert foreign.json()["errors"][0]["code"] == "other-country"
    assert (await decide(intake, erasure_id, "refuse", law="th-criminal-procedure")).status_code == 200
    (one,) = (await shown(intake, case_id))["items"]
    assert (one["state"], one["law"]) == ("refused", "th-criminal-procedure")
    await intake.work()
    assert bodies(await intake.said(), "case.erased.v1") == []
    assert await left(intake, case_id) != {}


async def test_from_the_confirmation_on_nobody_reads_or_writes_about_her(intake, consent):
    """Also while another service has not let go, so that the key is still there. A call that was hers goes with her."""
    case_id, desk = await open_case(intake), Desk(intake, "case_worker")
    call = await desk.start(text="Pier 4", flags=["immediate_danger"])
    assert await desk.move(call, "attach", {"case_id": str(case_id), "agreed": "in-person"}) == 200
    await consent.seal(await person_of(intake, case_id), "consent.witness", case_id, "Malee")
    worker, path = intake.as_("case_worker"), f"/v1/cases/{case_id}"
    sought = {"name": PERSON["cor_FullName"], "telephone": PERSON["prs_MobilePhone"]}
    await intake.work()
    assert len(await found(intake, **sought)) == 1
    await erased(intake, case_id)
    await intake.work()
    assert (await shown(intake, case_id))["items"][0]["state"] == "confirmed"
    assert await left(intake, case_id) == {}
    assert await rows(intake, "select id from intake.calls union all select id from intake.tasks") == []
    assert (await desk.send("GET", call)).status_code == 404
    for part in ("fields", "fields/history", "screenings", "needs", "status", "age-assessment"):
        answer = await intake.client.get(f"{path}/{part}", headers=worker)
        assert [word for word in words(PERSON) if word in answer.text] == [], part
    assert await found(intake, **sought) == []
    said = (await intake.client.get(path, headers=worker)).json()
    assert (said["state"], {move["verb"] for move in said["moves"]}) == ("erased", set())
    body = {"fields": {"cor_FullName": "Dara"}}
    put = await intake.client.put(f"{path}/fields", json=body, headers={**worker, "If-Match": "*"})
    assert put.status_code == 404
    assert (await ask(intake, case_id)).status_code == 404


async def test_the_key_goes_when_the_last_service_has_let_go_and_not_before(intake, consent):
    """Somebody else's record stands on the key: the erasure waits for it, and says so."""
    case_id = await open_case(intake)
    person_id = await person_of(intake, case_id)
    await consent.seal(person_id, "consent.witness", case_id, "Malee")
    erasure_id = await erased(intake, case_id)
    assert bodies(await intake.said(), "erasure.confirmed.v1") == [
        {"case_id": str(case_id), "erasure_id": erasure_id}
    ]
    await intake.work()
    (one,) = (await shown(intake, case_id))["items"]
    assert (one["state"], one["waits_for"]) == ("confirmed", {"consent": 1})
    assert ledger(intake) == []
    await consent.release(person_id)  # as consent does on hearing of it
    await intake.work(hasten=True)
    (one,) = (await shown(intake, case_id))["items"]
    assert (one["state"], one["waits_for"], one["reason"]) == ("completed", {}, None)
    (said,) = bodies(await intake.said(), "case.erased.v1")
    assert (said["case_id"], said["epoch"]) == (str(case_id), "2026-11")
    assert await left(intake, case_id) == {}
    assert ledger(intake) == [person_id]
    with pytest.raises(KeyDestroyed):
        await intake.service.vault.seal(person_id, "cor_FullName", case_id, "Somchai")


async def test_an_erasure_that_dies_half_way_goes_on_and_ends_the_same(intake):
    """The process died after the key was destroyed and before anything else was written."""
    case_id = await open_case(intake)
    person_id = await person_of(intake, case_id)
    await erased(intake, case_id)
    await intake.service.vault.release(person_id)
    await intake.service.vault.destroy(person_id)
    await intake.work()
    assert (await shown(intake, case_id))["items"][0]["state"] == "completed"
    assert (await left(intake, case_id), ledger(intake)) == ({}, [person_id])
    assert len(bodies(await intake.said(), "case.erased.v1")) == 1


async def test_who_is_referred_again_before_her_erasure_is_written_down_stays(intake):
    """Her old key is destroyed, and she has a new one: nobody is told that the case which she has now is erased."""
    case_id = await open_case(intake)
    before = await person_of(intake, case_id)
    await erased(intake, case_id)
    await intake.service.vault.release(before)
    await intake.service.vault.destroy(before)
    await intake.deliver(await disclosure(intake, {"cor_FullName": "Sokha"}, case_id=case_id, first=False))
    await intake.work()
    assert (await shown(intake, case_id))["items"][0]["state"] == "completed"
    assert bodies(await intake.said(), "case.erased.v1") == []
    now = await intake.client.get(f"/v1/cases/{case_id}", headers=intake.as_("case_worker"))
    assert now.json()["state"] == "open"
    assert (await left(intake, case_id))["fields"] == 1


async def test_what_arrives_from_abroad_for_somebody_who_is_being_erased_is_not_kept(intake, consent):
    case_id = await open_case(intake)
    person_id = await person_of(intake, case_id)
    await consent.seal(person_id, "consent.witness", case_id, "Malee")
    await erased(intake, case_id)
    late = await disclosure(
        intake, {"cor_FullName": "Sokha"}, case_id=case_id, person_id=person_id, first=False
    )
    await intake.deliver(late)
    await consent.release(person_id)
    await intake.work(hasten=True)
    assert (await left(intake, case_id), (await shown(intake, case_id))["items"][0]["state"]) == (
        {},
        "completed",
    )


async def test_somebody_who_was_erased_and_is_referred_again_is_here_again_under_another_key(intake):
    case_id = await open_case(intake)
    await erased(intake, case_id)
    await intake.work()
    again = await disclosure(intake, {"cor_FullName": "Sokha"}, case_id=case_id, first=False)
    await intake.deliver(again)
    body = {"fields": {"cor_FullName": "Dara"}}
    worker = {**intake.as_("case_worker"), "If-Match": "*"}
    put = await intake.client.put(f"/v1/cases/{case_id}/fields", json=body, headers=worker)
    assert put.status_code == 200, put.text
    assert len((await shown(intake, case_id))["items"]) == 1


async def test_no_flag_of_hers_is_left_on_a_list(intake):
    case_id = await open_case(intake, flags=["immediate_danger"])
    statement = "select flagged from intake.cases where id = :c"
    assert [row.flagged for row in await rows(intake, statement, c=case_id)] == [True]
    await erased(intake, case_id)
    assert [row.flagged for row in await rows(intake, statement, c=case_id)] == [False]


async def test_what_was_asked_for_at_the_backup_does_not_stay_open_for_ever_after_a_restore(intake):
    """It was confirmed after the backup: the ledger has her key, and nobody knows who confirmed it."""
    case_id = await open_case(intake)
    person_id = await person_of(intake, case_id)
    await asked(intake, case_id)
    await destroyed_by_a_restore(intake, person_id)
    await intake.work()
    (one,) = (await shown(intake, case_id))["items"]
    assert (one["state"], one["decided_by"], one["epoch"]) == ("completed", None, "2026-11")
    assert (one["destroyed_at"] is not None, one["moves"]) == (True, [])
    assert [row.reason for row in await rows(intake, "select reason from intake.erasures")] == [None]


async def test_the_end_of_an_epoch_is_in_the_log_with_who_ended_it_once_its_wrapping_key_is_destroyed(intake):
    """2026-11 is here still: its end was broken off, and its erasures are not complete."""
    statement = (
        "insert into chassis.work (id, kind, key, payload, due_at) values"
        ' (gen_random_uuid(), :k, :e, \'{"by": "th.operator", "erasures": 3}\', now())'
    )
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text(statement), [{"k": EPOCH_ENDED, "e": e} for e in ("2026-10", "2026-11")])
    await intake.work()
    assert bodies(await intake.said(), "epoch.ended.v1") == [{"epoch": "2026-10", "erasures": 3}]
    said = await rows(intake, "select actor from chassis.outbox where type = 'epoch.ended.v1'")
    assert [row.actor for row in said] == ["th.operator"]


async def destroyed_by_a_restore(intake, person_id: UUID) -> None:
    """As `deploy.local.backup` does it."""
    await intake.service.vault.release(person_id)
    await intake.service.vault.destroy(person_id)
    statement = "insert into chassis.work (id, kind, key, payload, due_at) values (gen_random_uuid(), :k, :p, '{}', now())"
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text(statement), {"k": ERASE_AGAIN, "p": str(person_id)})


async def test_a_restored_cell_erases_again_whoever_its_backup_still_has(intake):
    """The restore has destroyed the key; intake, once it runs, deletes the rest and says it to everybody."""
    case_id = await open_case(intake)
    person_id = await person_of(intake, case_id)
    await destroyed_by_a_restore(intake, person_id)
    await intake.work()
    assert await left(intake, case_id) == {}
    assert [one["case_id"] for one in bodies(await intake.said(), "case.erased.v1")] == [str(case_id)]
    (row,) = await rows(intake, "select erased from chassis.case_access where case_id = :c", c=case_id)
    assert row.erased


def test_in_production_nobody_is_erased_whom_a_restore_could_bring_back(tmp_path):
    given = {
        "cell": "TH",
        "database_url": "postgresql+asyncpg://nowhere",
        "kafka_bootstrap": "127.0.0.1:1",
    }
    with pytest.raises(ValueError, match="CORRIDOR_ERASURE_LEDGER"):
        Settings(**given)
    Settings(**given, erasure_ledger=tmp_path / "erasures.jsonl")


def test_in_production_an_erasure_waits_for_nobody_only_where_a_law_is_named(tmp_path):
    given = {
        "cell": "TH",
        "database_url": "postgresql+asyncpg://nowhere",
        "kafka_bootstrap": "127.0.0.1:1",
        "erasure_ledger": tmp_path / "erasures.jsonl",
    }
    with pytest.raises(ValueError, match="CORRIDOR_ERASURE_AT_ONCE_LAW"):
        Settings(**given, erasure_wait_hours=0)
    Settings(**given, erasure_wait_hours=0, erasure_at_once_law="the law that says so")
    assert Settings(**given).erasure_wait == timedelta(hours=24)
    assert Settings(**given, erasure_wait_hours=48).erasure_wait == timedelta(hours=48)


def test_a_ledger_that_was_cut_off_in_its_last_line_is_read_up_to_it_and_any_other_is_refused(tmp_path):
    file, key = tmp_path / "erasures.jsonl", uuid4()
    whole = f'{{"key": "{key}", "destroyed_at": "2026-11-26T00:00:00+00:00", "epoch": "2026-11"}}\n'
    file.write_text(whole + whole[:40])
    assert [entry.key for entry in read_ledger(file)] == [key]
    file.write_text("something else\n" + whole)
    with pytest.raises(ValueError, match="Expecting value"):
        list(read_ledger(file))
