"""Each fact of the directory as the event that says it."""

from contracts.events.directory import AgeLimitedService, DirectoryChangedV1, StaffChangedV1, StaffMember
from services.directory.domain.organisation import DirectoryChanged, Service
from services.directory.domain.staff import StaffChanged


def outgoing(fact: DirectoryChanged | StaffChanged) -> DirectoryChangedV1 | StaffChangedV1:
    return _staff(fact) if isinstance(fact, StaffChanged) else _directory(fact)


def _directory(fact: DirectoryChanged) -> DirectoryChangedV1:
    profile = fact.profile
    return DirectoryChangedV1(
        organisation=fact.organisation,
        cell=profile.cell,
        role=profile.role,
        version=fact.version,
        status=_code(profile.status),
        org_type=profile.details.get("type"),
        services=tuple(map(_service, fact.services)),
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
