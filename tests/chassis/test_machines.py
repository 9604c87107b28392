"""A machine is no person: its token has roles of machines alone, lives a minute, and counts only while its account is in force."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.identity.auth import TokenValidator
from chassis.identity.signing import sign
from chassis.problems import Unauthenticated
from tests.chassis.test_auth import NOW, World, claims

AT = int(NOW.timestamp())
MACHINE = {
    "sub": "machine:th.case-system",
    "org": "th-screening-unit",
    "roles": ["submitting_machine"],
    "exp": AT + 60,
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_machine_comes_under_its_own_name_and_organisation(world: World) -> None:
    actor = await world.actor(world.token(**MACHINE))
    assert (actor.subject, actor.organisation, actor.roles, actor.purpose, actor.machine) == (
        "machine:th.case-system",
        "th-screening-unit",
        {"submitting_machine"},
        "case-management",
        True,
    )
    assert (actor.origin().actor, actor.origin().organisation) == (actor.subject, actor.organisation)


@pytest.mark.parametrize(
    "changes",
    [
        {"roles": []},
        {"roles": ["visitor"]},
        {"roles": ["supervisor"]},
        {"roles": ["submitting_machine", "supervisor"]},
        {"roles": ["submitting_machine", "auditor"]},
        {"roles": ["submitting_machine", "service"]},
        {"roles": "submitting_machine"},
        {"roles": ...},
        {"org": ...},
        {"org": ["th-screening-unit", "th-care-agency"]},
        {"exp": AT + 61},
        {"aud": ["interchange"]},
    ],
    ids=str,
)
async def test_a_machine_with_anything_of_a_person_or_for_longer_than_a_minute_is_refused(
    world: World, changes: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        await world.actor(world.token(**{**MACHINE, **changes}))


@pytest.mark.parametrize("roles", [["submitting_machine"], ["supervisor", "exporting_machine"]], ids=str)
async def test_a_person_has_no_role_of_machines(world: World, roles: list[str]) -> None:
    with pytest.raises(Unauthenticated, match="not a person's"):
        await world.actor(world.token(roles=roles))


async def test_what_a_provider_says_besides_is_passed_over(world: World) -> None:
    actor = await world.actor(world.token(**{**MACHINE, "roles": ["offline_access", "exporting_machine"]}))
    assert actor.roles == {"exporting_machine"}


async def test_a_services_own_key_makes_no_machine(world: World) -> None:
    settings = SimpleNamespace(**{**vars(world.settings), "issuer": "urn:corridor:th:service"})
    validator = TokenValidator(settings, "referral", lambda: NOW)
    token = sign(world.exchange, "exchange", claims(iss="urn:corridor:th:service", aud="referral", **MACHINE))
    with pytest.raises(Unauthenticated, match="owner of its key"):
        await validator.actor(token, None, world.policies)
