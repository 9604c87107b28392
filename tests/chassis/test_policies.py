"""Every actor, every action, every kind of resource: what is allowed is listed here by hand, and all else is refused."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
import structlog

from chassis.identity.policies import Decision, Policies, PoliciesInvalid, Principal, Resource, UnknownAction

DIRECTORY = Path("deploy/policies")

CASE_READS = {"case.read", "case.export", "consent.read", "referral.read", "return.read"}
INTAKING = {
    "case.read",
    "case.write",
    "case.screen",
    "case.assess",
    "hold.place",
    "hold.lift",
    "note.read",
    "note.write",
    "task.read",
    "task.write",
    "call.read",
    "call.write",
    "incident.read",
    "incident.write",
    "case.close",
    "case.identify",
    "case.assess-age",
    "case.assign",
}
OPENING = {"case.open", "draft.write", "case.import"}
SUBMITTING = {
    *("consent.record", "consent.read", "consent.inspect", "consent.withdraw"),
    *("case.hand-over", "protection.request"),
}
CARING = {
    *SUBMITTING,
    "case.export",
    *(INTAKING - {"case.identify", "case.assess-age", "case.assign"}),
    *(
        "consent.record",
        "consent.confirm",
        "protection.approve",
        "consent.read",
        "consent.withdraw",
        "disclosure.preview",
    ),
    *(
        "referral.draft",
        "referral.send",
        "referral.read",
        "referral.accept",
        "referral.reject",
        "referral.start",
    ),
    *(
        "referral.hold",
        "referral.resume",
        "referral.complete",
        "referral.fail",
        "referral.cancel",
        "referral.correct",
    ),
    *(
        "return.request",
        "return.counsel",
        "return.decide",
        "return.confirm",
        "return.assess",
        "return.prepare",
    ),
    *("return.clear", "return.suspend", "return.resume", "return.depart", "return.turn-back", "return.miss"),
    *("return.arrive", "return.close", "return.withdraw"),
    *("return.suspend", "return.read"),
}
HER_RIGHTS = {"erasure.read", "erasure.request", "report.read", "timeline.read"}
CARING |= HER_RIGHTS
SUPERVISING = CARING | {
    "erasure.confirm",
    "seen.read",
    "case.identify",
    "case.assess-age",
    "case.assign",
    "consent.revoke",
    "protection.review",
    "glass.review",
    "disclosure.retain",
    "note.mend",
    "team.assign",
    "team.read",
}
TEAM_WORK = {"task.read", "task.write", "call.read", "call.write", "incident.read", "incident.write"}
BREAKING = {"glass.break", "glass.read"}
OPERATING = {
    "parked.read",
    "parked.replay",
    "parked.discard",
    "offset.move",
    "stop.end",
    "work.read",
    "work.retry",
    "envelope.read",
    "directory.read",
    "directory.operate",
    "border.distrust",
    "border.trust",
}
INTERNAL = {
    "internal.disclosable",
    "internal.standing",
    "internal.seal-token",
    "internal.fence",
    "internal.preview",
    "internal.granted",
    "internal.open-rows",
    "internal.held",
    "internal.export-rows",
}
EVERYTHING = {
    *(OPENING | SUPERVISING | OPERATING | INTERNAL | BREAKING),
    "submission.read",
    *(
        "codes.read",
        "directory.read",
        "directory.write",
        "agreement.read",
        "inbox.read",
        "leave.plan",
        "trail.read",
        "statistics.read",
        "trend.read",
        "extract.request",
        "extract.answer",
    ),
    *("notice.read", "notice.write", "machine.read"),
}


def actor(
    *roles: str, subject: str = "me", purpose: str = "case-management", service: bool = False
) -> Principal:
    return Principal(subject, "th-mine", "TH", frozenset(roles), purpose, service)


def service(name: str) -> Principal:
    return actor("service", subject=f"service:{name}", service=True)


RESOURCES = {
    "my case": Resource("Case", "c", "TH", "th-mine", ("me", "other")),
    "nobody's case": Resource("Case", "c", "TH", "th-mine", ()),
    "a colleague's case": Resource("Case", "c", "TH", "th-mine", ("other",)),
    "my case, handed over": Resource("Case", "c", "TH", "th-mine", ("me",), handed_over=True),
    "a colleague's case, handed over": Resource("Case", "c", "TH", "th-mine", ("other",), handed_over=True),
    "my case, erased": Resource("Case", "c", "TH", "th-mine", ("me",), erased=True),
    "a colleague's case, erased": Resource("Case", "c", "TH", "th-mine", ("other",), erased=True),
    "another organisation's case": Resource("Case", "c", "TH", "th-theirs", ("me",)),
    "another country's case": Resource("Case", "c", "KH", "th-mine", ("me",)),
    "my organisation": Resource("Cell", "TH", "TH", "th-mine"),
    "another organisation": Resource("Cell", "TH", "TH", "th-theirs"),
    "another country": Resource("Cell", "KH", "KH", "th-mine"),
}
MINE_OR_FREE = ("my case", "nobody's case")
OWN_CASES = (*MINE_OR_FREE, "a colleague's case")
HANDED_OVER = ("my case, handed over", "a colleague's case, handed over")
LEFT = {
    *("consent.read", "consent.inspect", "consent.withdraw"),
    *("referral.read", "referral.cancel", "referral.correct"),
    *("return.read", "return.withdraw", "return.suspend", "return.miss", "return.turn-back", "return.arrive"),
    "return.close",
}
LEFT |= HER_RIGHTS
ERASED = ("my case, erased", "a colleague's case, erased")
LEFT_OF_ERASED = {
    "consent.inspect",
    *("case.read", "hold.lift", "erasure.read", "report.read", "timeline.read"),
    *("consent.read", "consent.withdraw", "return.read", "return.withdraw", "return.suspend", "return.miss"),
    *(
        "return.turn-back",
        "return.arrive",
        "return.close",
        "referral.read",
        "referral.reject",
        "referral.cancel",
    ),
    *("referral.correct", "referral.complete", "referral.fail"),
}
CASES = (*OWN_CASES, *HANDED_OVER, *ERASED, "another organisation's case")
CELL = ("my organisation", "another organisation")

ALLOWED: dict[str, tuple[Principal, list[tuple[tuple[str, ...], set[str]]]]] = {
    "screening officer": (
        actor("screening_officer"),
        [
            (OWN_CASES, INTAKING | SUBMITTING),
            ((*OWN_CASES, *HANDED_OVER, *ERASED, "my organisation"), {"submission.read"}),
            (ERASED, {"case.read", "hold.lift", "consent.read", "consent.inspect", "consent.withdraw"}),
            (("my organisation",), INTAKING | OPENING | {"inbox.read", "leave.plan"}),
            (CELL, {"directory.read", "codes.read", "notice.read", "trend.read"}),
        ],
    ),
    "case worker": (
        actor("case_worker"),
        [
            (MINE_OR_FREE, CARING),
            ((*OWN_CASES, "another organisation's case"), BREAKING),
            (("my case, handed over",), LEFT),
            (("my case, erased",), LEFT_OF_ERASED),
            (
                ("my organisation",),
                CASE_READS
                | {"case.open", "draft.write", "protection.approve", "inbox.read", "leave.plan", *TEAM_WORK},
            ),
            (CELL, {"directory.read", "agreement.read", "codes.read", "notice.read", "trend.read"}),
        ],
    ),
    "supervisor": (
        actor("supervisor"),
        [
            (OWN_CASES, SUPERVISING),
            ((*OWN_CASES, "another organisation's case"), BREAKING),
            (
                HANDED_OVER,
                LEFT
                | {"consent.revoke", "protection.review", "glass.review", "erasure.confirm", "seen.read"},
            ),
            (
                ERASED,
                LEFT_OF_ERASED | {"protection.review", "glass.review", "disclosure.retain", "seen.read"},
            ),
            (
                ("my organisation",),
                SUPERVISING
                | {
                    "case.open",
                    "draft.write",
                    "directory.write",
                    "notice.write",
                    "inbox.read",
                    "leave.plan",
                    "machine.read",
                },
            ),
            (CELL, {"directory.read", "agreement.read", "codes.read", "notice.read", "trend.read"}),
        ],
    ),
    "auditor": (
        actor("auditor", purpose="audit"),
        [
            ((*CASES, *CELL), {"trail.read", "consent.inspect"}),
            (
                CELL,
                {
                    "agreement.read",
                    "envelope.read",
                    "directory.read",
                    "codes.read",
                    "notice.read",
                    "statistics.read",
                    "trend.read",
                    "extract.request",
                    "extract.answer",
                },
            ),
        ],
    ),
    "auditor with another purpose": (
        actor("auditor"),
        [(CELL, {"agreement.read", "codes.read", "notice.read"})],
    ),
    "operator": (
        actor("operator"),
        [
            (CELL, OPERATING | {"agreement.read", "codes.read", "machine.read"}),
            (("my organisation",), {"inbox.read"}),
        ],
    ),
    "supervisor for the purpose of audit": (
        actor("supervisor", purpose="audit"),
        [
            (("my organisation",), {"inbox.read"}),
            (CELL, {"directory.read", "agreement.read", "codes.read", "notice.read", "trend.read"}),
        ],
    ),
    "auditor who is also a supervisor": (
        actor("auditor", "supervisor", purpose="audit"),
        [
            ((*CASES, *CELL), {"trail.read", "consent.inspect"}),
            (
                CELL,
                {
                    "agreement.read",
                    "envelope.read",
                    "directory.read",
                    "codes.read",
                    "notice.read",
                    "statistics.read",
                    "trend.read",
                    "extract.request",
                    "extract.answer",
                },
            ),
            (("my organisation",), {"inbox.read"}),
        ],
    ),
    "operator who is also a case worker": (
        actor("operator", "case_worker"),
        [
            (
                CELL,
                OPERATING
                | {
                    "agreement.read",
                    "directory.read",
                    "codes.read",
                    "notice.read",
                    "machine.read",
                    "trend.read",
                },
            ),
            (("my organisation",), {"inbox.read"}),
        ],
    ),
    "a machine that sends": (
        actor("submitting_machine", subject="machine:th.case-system"),
        [
            (("my organisation",), {"case.open", "case.import"}),
            ((*OWN_CASES, *HANDED_OVER, *ERASED, "my organisation"), {"submission.read"}),
            (CELL, {"codes.read", "directory.read"}),
        ],
    ),
    "a machine that takes out": (
        actor("exporting_machine", subject="machine:th.records-system"),
        [
            ((*OWN_CASES, "my organisation"), {"case.export"}),
            (CELL, {"codes.read", "directory.read"}),
        ],
    ),
    "a machine for another purpose": (
        actor("submitting_machine", "exporting_machine", purpose="return-and-reintegration"),
        [],
    ),
    "a machine in the name of audit": (actor("submitting_machine", "exporting_machine", purpose="audit"), []),
    "a machine that claims every role of people": (
        actor("submitting_machine", "screening_officer", "case_worker", "supervisor"),
        [
            (("my organisation",), {"case.open", "case.import"}),
            ((*OWN_CASES, "my organisation"), {"case.export"}),
            ((*OWN_CASES, *HANDED_OVER, *ERASED, "my organisation"), {"submission.read"}),
            (CELL, {"codes.read", "directory.read"}),
        ],
    ),
    "somebody without a role": (actor(), []),
    "somebody with a role that is not ours": (actor("admin", "police"), []),
    "exchange": (service("exchange"), [((*CASES, *CELL), {"internal.disclosable", "internal.seal-token"})]),
    "referral": (
        service("referral"),
        [
            ((*CASES, *CELL), {"internal.preview", "internal.granted"}),
            (CELL, {"internal.standing"}),
        ],
    ),
    "consent": (
        service("consent"),
        [((*CASES, *CELL), {"internal.fence"}), (CELL, {"internal.standing"})],
    ),
    "intake": (
        service("intake"),
        [((*CASES, *CELL), {"internal.granted"}), (CELL, {"internal.standing", "internal.held"})],
    ),
    "returns": (
        service("returns"),
        [((*CASES, *CELL), {"internal.granted"}), (CELL, {"internal.standing"})],
    ),
    "interchange": (service("interchange"), [(CELL, {"internal.open-rows", "internal.export-rows"})]),
    "audit": (service("audit"), [(CELL, {"internal.standing"})]),
    "notify": (service("notify"), []),
    "a person who calls themselves exchange": (actor("service", subject="service:exchange"), []),
    "a service with a person's role": (
        actor("supervisor", "service", subject="service:notify", service=True),
        [],
    ),
    "what a service does by itself": (actor("service", subject="system:exchange", service=True), []),
}


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(DIRECTORY)


def test_the_list_of_actions_is_the_schemas(policies: Policies) -> None:
    assert policies.actions == EVERYTHING


def listed(rows: list[tuple[tuple[str, ...], set[str]]]) -> set[tuple[str, str]]:
    return {(resource, action) for resources, actions in rows for resource in resources for action in actions}


@pytest.mark.parametrize("who", ALLOWED)
def test_an_actor_may_do_what_is_listed_and_nothing_else(policies: Policies, who: str) -> None:
    principal, rows = ALLOWED[who]
    expected = {
        (resource, action) for resources, actions in rows for resource in resources for action in actions
    }
    actual = {
        (name, action)
        for name, resource in RESOURCES.items()
        for action in EVERYTHING
        if policies.weigh(principal, action, resource).allowed
    }
    assert actual == expected


def test_most_cells_of_the_matrix_are_forbidden() -> None:
    allowed = sum(len(listed(rows)) for _, rows in ALLOWED.values())
    assert len(ALLOWED) * len(EVERYTHING) * len(RESOURCES) > 10 * allowed


def test_a_decision_names_its_rule_and_the_version(policies: Policies) -> None:
    allowed = policies.weigh(actor("case_worker"), "case.read", RESOURCES["my case"])
    assert allowed == Decision(True, policies.version, ("worker-assigned",))
    walled = policies.weigh(actor("supervisor"), "case.read", RESOURCES["another country's case"])
    assert walled == Decision(False, policies.version, ("wall-jurisdiction",))


def test_every_decision_is_logged_by_identifiers_alone(policies: Policies) -> None:
    with structlog.testing.capture_logs() as logs:
        policies.decide(actor("case_worker"), "case.read", RESOURCES["a colleague's case"])
    assert logs == [
        {
            "event": "policy.decided",
            "log_level": "info",
            "actor": "me",
            "organisation": "th-mine",
            "purpose": "case-management",
            "action": "case.read",
            "resource": "Case",
            "resource_id": "c",
            "allowed": False,
            "policy": policies.version,
            "rules": "",
        }
    ]


@pytest.mark.parametrize("action", ["case.list-all", "enforcement.read", "", 'case.read"', "intaking"])
def test_an_action_that_the_schema_does_not_name_is_a_mistake_and_no_permission(
    policies: Policies, action: str
) -> None:
    with pytest.raises(UnknownAction):
        policies.weigh(actor("supervisor"), action, RESOURCES["my case"])


def test_an_answer_is_remembered_for_all_that_are_alike_and_for_nothing_else(policies: Policies) -> None:
    worker, mine = actor("case_worker"), RESOURCES["my case"]
    assert policies.weigh(worker, "case.read", mine).allowed
    assert policies.weigh(worker, "case.read", replace(mine, id="another")).allowed
    for other in ({"workers": ("other",)}, {"handed_over": True}, {"erased": True}, {"cell": "KH"}):
        assert not policies.weigh(worker, "case.write", replace(mine, **other)).allowed
    for asking in (actor("case_worker", subject="you"), actor("operator")):
        assert not policies.weigh(asking, "case.write", mine).allowed


@pytest.mark.parametrize("subject", ['me", "roles": ["supervisor"]', "me\\", "\x00", "É", ""])
def test_an_odd_subject_is_a_subject_and_nothing_more(policies: Policies, subject: str) -> None:
    assert not policies.weigh(
        actor("case_worker", subject=subject), "case.assign", RESOURCES["nobody's case"]
    ).allowed
    assert policies.weigh(
        actor("case_worker", subject=subject), "case.read", RESOURCES["nobody's case"]
    ).allowed


def test_an_action_on_a_resource_that_it_is_not_for_is_refused(policies: Policies) -> None:
    assert not policies.weigh(actor("screening_officer"), "case.open", RESOURCES["my case"]).allowed
    assert not policies.weigh(
        actor("supervisor"), "case.read", Resource("Planet", "x", "TH", "th-mine")
    ).allowed
    assert not policies.weigh(
        actor("supervisor"), "case.read", Resource("Case", "x", "TH", "th-mine")
    ).allowed


# Loading


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(copytree(DIRECTORY, tmp_path / "policies"))


@pytest.mark.parametrize(
    "added",
    [
        "permit (principal, action, resource",
        'permit (principal, action == Action::"case.list", resource);',
        "permit (principal, action, resource) when { principal.nationality == resource.cell };",
        "permit (principal, action, resource) when { principal.roles == 1 };",
        'permit (principal == Person::"x", action, resource);',
        'permit (principal, action, resource == Case::"c");',
    ],
)
def test_a_policy_that_does_not_parse_or_fit_the_schema_stops_the_start(copy: Path, added: str) -> None:
    (copy / "own.cedar").write_text(added)
    with pytest.raises(PoliciesInvalid):
        Policies(copy)


def test_a_directory_without_policies_or_schema_stops_the_start(copy: Path, tmp_path: Path) -> None:
    (copy / "corridor.cedarschema").unlink()
    for directory in (copy, tmp_path / "nothing"):
        with pytest.raises(PoliciesInvalid):
            Policies(directory)


def test_a_forbid_wins_over_every_permit(copy: Path) -> None:
    (copy / "own.cedar").write_text(
        '@id("closed") forbid (principal, action == Action::"case.read", resource);'
    )
    decision = Policies(copy).weigh(actor("supervisor"), "case.read", RESOURCES["my case"])
    assert (decision.allowed, decision.rules) == (False, ("closed",))


def test_the_version_changes_with_any_change_and_with_nothing_else(copy: Path) -> None:
    before = Policies(copy).version
    assert before == Policies(DIRECTORY).version
    (copy / "cell.cedar").write_text((copy / "cell.cedar").read_text() + "\n// a word\n")
    assert Policies(copy).version != before


@pytest.mark.parametrize(
    "wall",
    [
        "wall-jurisdiction",
        "wall-services-are-not-people",
        "wall-audit-and-operation-are-apart",
        "wall-audit-purpose",
        "wall-handed-over",
        "wall-erased",
    ],
)
def test_the_matrix_sees_each_wall_fall(copy: Path, wall: str) -> None:
    """The guard of the guard: with one wall taken away, some cell of the matrix changes."""
    walls = (copy / "walls.cedar").read_text()
    start = walls.index(f'@id("{wall}")')
    (copy / "walls.cedar").write_text(walls[:start] + walls[start:].partition(";\n")[2])
    weaker = Policies(copy)
    assert any(
        weaker.weigh(principal, action, resource).allowed and (name, action) not in listed(rows)
        for principal, rows in ALLOWED.values()
        for action in EVERYTHING
        for name, resource in RESOURCES.items()
    )


def test_a_machine_does_nothing_that_decides_about_a_person(policies: Policies) -> None:
    """Two-person rules count people: no action but these is a machine's, whatever is added to the schema."""
    machine = actor("submitting_machine", "exporting_machine", subject="machine:th.case-system")
    done = {
        action
        for action in policies.actions
        for resource in RESOURCES.values()
        if policies.weigh(machine, action, resource).allowed
    }
    assert done == {
        *("case.open", "case.import", "submission.read"),
        *("case.export", "codes.read", "directory.read"),
    }
