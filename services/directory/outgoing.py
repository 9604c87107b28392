"""Each fact of the directory as the event that says it."""

from contracts.events.directory import (
    AgeLimitedService,
    DirectoryChangedV1,
    ProposalMovedV1,
    StaffChangedV1,
    StaffMember,
)
from contracts.organisations import ACTIVE
from services.directory.domain.organisation import DirectoryChanged, Service
from services.directory.domain.proposal import ProposalMoved
from services.directory.domain.staff import StaffChanged

CLOSED = "inactive"
"""The status of a suspended organisation for whoever knows of no suspension: nobody names it in anything new."""


def outgoing(
    fact: DirectoryChanged | StaffChanged | ProposalMoved,
) -> DirectoryChangedV1 | StaffChangedV1 | ProposalMovedV1:
    match fact:
        case StaffChanged():
            return _staff(fact)
        case ProposalMoved():
            return _proposal(fact)
        case DirectoryChanged():
            return _directory(fact)


def status_of(fact: DirectoryChanged) -> str:
    """The status as it counts: whatever a suspended organisation says of itself, it is not active."""
    if fact.suspended and fact.profile.status == ACTIVE:
        return CLOSED
    return _code(fact.profile.status)


def _directory(fact: DirectoryChanged) -> DirectoryChangedV1:
    profile = fact.profile
    return DirectoryChangedV1(
        organisation=fact.organisation,
        cell=profile.cell,
        role=profile.role,
        version=fact.version,
        status=status_of(fact),
        org_type=profile.details.get("type"),
        services=tuple(map(_service, fact.services)),
        suspended=fact.suspended,
        cases_to=None if fact.caretaker is None else fact.caretaker.worker,
        cases_to_organisation=None if fact.caretaker is None else fact.caretaker.organisation,
    )


def _proposal(fact: ProposalMoved) -> ProposalMovedV1:
    wish = fact.wish
    return ProposalMovedV1(
        proposal_id=fact.proposal_id,
        organisation=wish.organisation,
        change=wish.change,
        state=fact.state,
        worker=wish.worker,
        staff_role=wish.staff_role,
        role=wish.role,
        org_type=wish.type,
        status=None if wish.status is None else _code(wish.status),
        cases_to=wish.cases_to,
        cases_to_organisation=wish.cases_to_organisation,
    )


def _service(service: Service) -> AgeLimitedService:
    return AgeLimitedService(
        service_id=service.id,
        service=service.code,
        status=_code(service.status),
        capacity=service.capacity,
        minimum_age=service.details.get("minimum_age"),
        maximum_age=service.details.get("maximum_age"),
    )


def _staff(fact: StaffChanged) -> StaffChangedV1:
    members = tuple(StaffMember(worker=worker, roles=roles) for worker, roles in fact.staff)
    return StaffChangedV1(organisation=fact.organisation, staff=members)


def _code(status: str) -> str:
    """The status as a code: HSDS writes `temporarily closed`, but a code has no space."""
    return status.replace(" ", "-")
