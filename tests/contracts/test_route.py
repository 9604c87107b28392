"""`make route E=referral.accepted` shows an event's way."""

import re
from pathlib import Path

import pytest

from contracts.catalogue import SERVICES, entry_for
from contracts.crossing import CROSSINGS, Crossing
from contracts.tools.route import ROOT, fact_name, main, route
from contracts.tools.way import way


def test_the_way_of_an_event_runs_from_its_route_to_its_handlers_and_tests(tmp_path: Path) -> None:
    def put(name: str, *lines: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8")

    put("contracts/events/referral.py", "", "class ReferralExpiredV1(Event):", "    pass")
    put(
        "services/referral/api/moves.py",
        "@router.post('/x')",
        "def expire_it(tx):",
        "    use_cases.expire(tx)",
    )
    put("services/referral/use_cases.py", "def expire(tx):", "    find(tx).lapse()")
    put(
        "services/referral/domain/referral.py",
        "SAYS = {Verb.EXPIRE: facts.ReferralExpired}",
        "class Referral:",
        "    def lapse(self):",
        "        self._move(Verb.EXPIRE)",
        "    def other(self):",
        "        self._move(Verb.ACCEPT)",
    )
    put(
        "services/referral/outgoing.py",
        "from contracts.events.referral import ReferralExpiredV1",
        "",
        "x = ReferralExpiredV1()",
    )
    put(
        "services/consent/handlers.py",
        "from x import ReferralExpiredV1",
        "MAP = {ReferralExpiredV1: on_referral_expired}",
        "def on_referral_expired(case):",
    )
    put("services/notify/domain/notices.py", "NOTICES = {", '    "referral.expired.v1": 1,')
    put("services/audit/handlers.py", "def on_every(entry):")
    put("tests/intake/test_referral_expired.py", "def test_it():", "    on_referral_expired(case)")
    put("tests/intake/test_other.py", "referral_expired_v1 = 1")
    assert route("referral.expired", tmp_path) == [
        "referral.expired.v1",
        "  class      ReferralExpiredV1  contracts/events/referral.py:2",
        "  schema     contracts/schemas/referral.expired.v1.json",
        "  examples   contracts/examples/referral.expired.v1/",
        "  topic      referral.events (stream: case_id)",
        "  route      services/referral/api/moves.py:2  expire_it",
        "  use case   services/referral/use_cases.py:1  expire",
        "  verb       services/referral/domain/referral.py:3  Referral.lapse",
        "  publisher  referral  services/referral/outgoing.py:3",
        "  consumer   intake",
        "  consumer   consent  services/consent/handlers.py:3",
        "  consumer   notify  services/notify/domain/notices.py:2",
        "  consumer   audit  services/audit/handlers.py",
        "  test       tests/intake/test_referral_expired.py:2",
    ]


def test_a_function_of_the_store_is_no_verb_of_the_same_name() -> None:
    """`referrals.hold` locks a half for the clock; `Referral.hold` is what `hold_referral` asks for."""
    cases = [line.split()[-1] for line in route("referral.held") if line.startswith("  use case")]
    assert cases == ["move_referral"]


def test_the_way_of_an_event_that_crosses_shows_both_cells() -> None:
    found = [re.sub(r":\d+", "", line) for line in route("referral.accepted") if "  test " not in line]
    assert found[5:9] == [
        "  route      services/referral/api/moves.py  accept_referral",
        "  use case   services/referral/use_cases.py  move_referral",
        "  verb       services/referral/domain/referral.py  Referral.accept",
        "  publisher  referral  services/referral/outgoing.py",
    ]
    assert "  consumer   exchange  services/exchange/handlers.py" in found
    assert found[-10:] == [
        "  crosses    as referral.accepted, told by the incoming half",
        "  sealed     services/exchange/handlers.py  on_process",
        "  sealed     services/exchange/domain/process.py  Relation.tell",
        "  sealed     services/exchange/use_cases/seal_process.py  SealProcess.finish",
        "  sealed     services/exchange/sealing.py  Sealer.send",
        "  ═ border ═ followed by the outgoing half",
        "  received   services/exchange/receiver.py  Receiver.run",
        "  received   services/exchange/use_cases/receive.py  receive",
        "  heard      process.received.v1  services/referral/handlers.py  on_process_received",
        "  follows    Verb.ACCEPT  services/referral/domain/referral.py  services/referral/domain/states.py",
    ]


@pytest.mark.parametrize("row", CROSSINGS, ids=lambda row: row.code)
def test_whatever_crosses_has_a_route_by_which_somebody_does_it_and_a_verb(row: Crossing) -> None:
    made = way(
        ROOT / "services" / row.subject.publisher, fact_name(entry_for(row.event, row.subject.publisher))
    )
    assert all([made.routes, made.verbs])


def test_an_event_said_by_several_services_has_several_ways_and_an_unknown_one_none(capsys) -> None:
    assert [line for line in route("record.read") if line.startswith("record")] == ["record.read.v1"] * len(
        SERVICES
    )
    assert route("hold.placed.v1")[0] == "hold.placed.v1 (protective)"
    assert main(["case.opened"]) == 0
    assert "CaseOpenedV1  contracts/events/intake.py" in capsys.readouterr().out
    assert main(["case.imagined"]) == 1
    assert "case.imagined" not in capsys.readouterr().err
