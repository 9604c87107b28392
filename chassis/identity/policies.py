"""The rights of every actor: Cedar policies, parsed and validated once. The only module that knows the binding
`cedarpy`.

Should the binding fall away, the fallback is the `cedar` command line or Cedar's WebAssembly behind this same class.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import cedarpy
import structlog

_ACTIONS = re.compile(r"^action\s+(.*?)\bappliesTo\b", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r'"([^"]+)"')
_ONE_RESOURCE = re.compile(r'\b(?:Case|Cell)::"')
VERSION_LENGTH = 16
KEPT = 8192
"""Answers remembered in a process: who asks, for what, about which attributes."""
ANY = "any"


class PoliciesInvalid(ValueError):
    """The policies do not parse, or ask for something that the schema does not have. A service does not start."""


class UnknownAction(LookupError):
    """The code asks for an action that the schema does not name: a mistake of ours, and never a permission."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller, as the policies see it."""

    subject: str
    organisation: str
    cell: str
    roles: frozenset[str]
    purpose: str
    service: bool = False

    def entity(self) -> dict[str, Any]:
        attributes = {
            "subject": self.subject,
            "organisation": self.organisation,
            "cell": self.cell,
            "roles": sorted(self.roles),
            "purpose": self.purpose,
            "service": self.service,
        }
        return {"uid": {"type": "Actor", "id": self.subject}, "attrs": attributes, "parents": []}


@dataclass(frozen=True, slots=True)
class Resource:
    """The thing asked for: a `Case` with its workers, or the `Cell` for everything that is no case."""

    kind: str
    id: str
    cell: str
    organisation: str
    workers: tuple[str, ...] | None = None
    handed_over: bool = False
    erased: bool = False

    def entity(self) -> dict[str, Any]:
        attributes: dict[str, Any] = {"organisation": self.organisation, "cell": self.cell}
        if self.workers is not None:
            attributes |= {
                "workers": list(self.workers),
                "handed_over": self.handed_over,
                "erased": self.erased,
            }
        return {"uid": {"type": self.kind, "id": self.id}, "attrs": attributes, "parents": []}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of the policies. `policy` is the version that decided; `rules` are the identifiers of the policies
    that made the difference.
    """

    allowed: bool
    policy: str
    rules: tuple[str, ...] = field(default=())


class Policies:
    """All `*.cedar` of a directory with its one `*.cedarschema`. Default deny; a forbid wins over every permit."""

    def __init__(self, directory: Path, refused: Callable[[str], None] = lambda _: None) -> None:
        """`refused` is told the action of each decision that is logged and refuses."""
        self._refused = refused
        schema_text, policies_text, self.version = _read(directory)
        self._weigh = _checked(schema_text, policies_text)
        named = _NAME.findall(" ".join(_ACTIONS.findall(schema_text)))
        self.actions = frozenset(named)
        self._log = structlog.get_logger("chassis.identity.policies")

    def decide(self, principal: Principal, action: str, resource: Resource) -> Decision:
        """Decide and log the decision, by identifiers alone. Raises UnknownAction."""
        decision = self.weigh(principal, action, resource)
        self._log.info(
            "policy.decided",
            actor=principal.subject,
            organisation=principal.organisation,
            purpose=principal.purpose,
            action=action,
            resource=resource.kind,
            resource_id=resource.id,
            allowed=decision.allowed,
            policy=decision.policy,
            rules=",".join(decision.rules),
        )
        if not decision.allowed:
            self._refused(action)
        return decision

    def weigh(self, principal: Principal, action: str, resource: Resource) -> Decision:
        """Decide without a log entry: for questions about resources of which none is opened by the answer.

        A resource is judged by its attributes, never by its identifier, so an answer once weighed is remembered.
        """
        if action not in self.actions:
            raise UnknownAction(f"no action {action!r} in the schema")
        allowed, rules = self._weigh(principal, action, replace(resource, id=ANY))
        return Decision(allowed, self.version, rules)

    def permits(self, principal: Principal, action: str, resource: Resource) -> bool:
        return self.weigh(principal, action, resource).allowed


Weigh = Callable[[Principal, str, Resource], tuple[bool, tuple[str, ...]]]
"""The question whether the policies allow it. Its answer has the identifiers of those that made the difference."""


def _read(directory: Path) -> tuple[str, str, str]:
    schemas, policies = sorted(directory.glob("*.cedarschema")), sorted(directory.glob("*.cedar"))
    if len(schemas) != 1 or not policies:
        raise PoliciesInvalid(f"{directory} must hold one *.cedarschema and at least one *.cedar")
    digest = hashlib.sha256()
    for path in (*schemas, *policies):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    text = "\n".join(path.read_text(encoding="utf-8") for path in policies)
    return schemas[0].read_text(encoding="utf-8"), text, digest.hexdigest()[:VERSION_LENGTH]


@cache
def _checked(schema_text: str, policies_text: str) -> Weigh:
    """The parsed policies and what they have answered, once in a process for the same texts: a local cell has all its
    services in one. Raises PoliciesInvalid.
    """
    try:
        schema, policies = cedarpy.Schema.from_str(schema_text), cedarpy.PolicySet.from_str(policies_text)
    except ValueError as error:
        raise PoliciesInvalid(f"the policies do not parse: {error}") from error
    result = cedarpy.validate_policies(policies_text, schema)
    if not result.validation_passed:
        raise PoliciesInvalid("; ".join(str(error) for error in result.errors))
    if _ONE_RESOURCE.search(policies_text):
        raise PoliciesInvalid("a policy names one resource: answers are remembered for all that are alike")
    return lru_cache(maxsize=KEPT)(partial(_weighed, schema, policies))


def _weighed(
    schema: cedarpy.Schema, policies: cedarpy.PolicySet, principal: Principal, action: str, resource: Resource
) -> tuple[bool, tuple[str, ...]]:
    who, what = principal.entity(), resource.entity()
    request = {
        "principal": who["uid"],
        "action": {"type": "Action", "id": action},
        "resource": what["uid"],
        "context": {},
    }
    answer = cedarpy.is_authorized(request, policies, json.dumps([who, what]), schema)
    if answer.diagnostics.errors:  # a policy that could not be evaluated permits nothing
        return False, ("evaluation-error",)
    names = answer.diagnostics.id_annotations_by_reason
    return answer.allowed, tuple(sorted(names.get(r) or r for r in answer.diagnostics.reasons))
