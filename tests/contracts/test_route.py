"""`make route E=referral.accepted` shows an event's way."""

from pathlib import Path

from contracts.catalogue import SERVICES
from contracts.tools.route import main, route


def test_the_way_of_an_event_runs_from_its_class_to_its_handlers_and_tests(tmp_path: Path) -> None:
    def put(name: str, *lines: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8")

    put("contracts/events/referral.py", "", "class ReferralAcceptedV1(Event):")
    put(
        "services/referral/outgoing.py",
        "from contracts.events.referral import ReferralAcceptedV1",
        "",
        "x = ReferralAcceptedV1()",
    )
    put(
        "services/intake/handlers.py",
        "from x import ReferralAcceptedV1",
        "MAP = {ReferralAcceptedV1: on_referral_accepted}",
        "def on_referral_accepted(case):",
    )
    put("services/notify/domain/notices.py", "NOTICES = {", '    "referral.accepted.v1": 1,')
    put("services/audit/handlers.py", "def on_every(entry):")
    put("tests/intake/test_referral_accepted.py", "def test_it():", "    on_referral_accepted(case)")
    put("tests/intake/test_other.py", "referral_accepted_v1 = 1")
    assert route("referral.accepted", tmp_path) == [
        "referral.accepted.v1",
        "  class      ReferralAcceptedV1  contracts/events/referral.py:2",
        "  schema     contracts/schemas/referral.accepted.v1.json",
        "  examples   contracts/examples/referral.accepted.v1/",
        "  topic      referral.events (stream: case_id)",
        "  publisher  referral  services/referral/outgoing.py:3",
        "  consumer   intake  services/intake/handlers.py:3",
        "  consumer   consent",
        "  consumer   returns",
        "  consumer   exchange",
        "  consumer   notify  services/notify/domain/notices.py:2",
        "  consumer   audit  services/audit/handlers.py",
        "  test       tests/intake/test_referral_accepted.py:2",
    ]


def test_an_event_said_by_several_services_has_several_ways_and_an_unknown_one_none(capsys) -> None:
    assert [line for line in route("record.read") if line.startswith("record")] == ["record.read.v1"] * len(
        SERVICES
    )
    assert route("hold.placed.v1")[0] == "hold.placed.v1 (protective)"
    assert main(["case.opened"]) == 0
    assert "CaseOpenedV1  contracts/events/intake.py" in capsys.readouterr().out
    assert main(["case.imagined"]) == 1
    assert "case.imagined" not in capsys.readouterr().err
