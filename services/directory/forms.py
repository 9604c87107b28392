"""The forms of the directory: HSDS 3.0 fields and Gravity capacity codes; the same for HTTP and for the seed file."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from contracts import machines
from contracts.casefile.language import LanguageTag
from contracts.casefile.text import Line, Paragraph
from contracts.form import Form
from contracts.organisations import cell_of
from contracts.types import KnownCode, OrganisationId, Pseudonym, ServiceId
from services.directory.domain.organisation import Profile, Service
from services.directory.domain.staff import fits

Status = Literal["active", "inactive", "defunct", "temporarily closed"]
Capacity = Literal["no-capacity", "capacity", "waitlist", "additional-assessment-required"]
OrganisationType = Literal[
    "NGO",
    "HealthServiceOrganisation",
    "CentralGovernmentOrganisation",
    "LocalGovernmentOrganisation",
    "LegalService",
    "CorporateBusiness",
    "SchoolOrCollege",
]
"""HTCDS `org_Type` without law enforcement and immigration: no recipient is one (the firewall of identification)."""


class Schedule(Form):
    """Opening hours; weekdays as in RFC 5545, times of day in the organisation's place."""

    freq: Literal["WEEKLY", "MONTHLY"] = "WEEKLY"
    byday: list[Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]] = []
    opens_at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    closes_at: Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class Contacts(Form):
    description: Paragraph | None = None
    website: Line | None = None
    email: Line | None = None
    phone: Line | None = None
    languages: Annotated[list[LanguageTag], Field(max_length=50)] = []


class OrganisationForm(Contacts):
    name: Line
    alternate_name: Line | None = None
    type: OrganisationType | None = None
    role: Annotated[str, KnownCode("recipient_role")]
    status: Status = "active"
    service_areas: Annotated[list[Line], Field(max_length=100)] = []

    def profile(self, organisation: str) -> Profile:
        """The profile. The country is the one that the identifier begins with."""
        details = _details(self, {"name", "role", "status"})
        return Profile(cell_of(organisation), self.role, self.name, self.status, details)


class ServiceForm(Contacts):
    name: Line
    service: Annotated[str, KnownCode("service")]
    status: Status = "active"
    capacity: Capacity = "capacity"
    eligibility_description: Paragraph | None = None
    minimum_age: Annotated[int | None, Field(ge=0, le=150)] = None
    maximum_age: Annotated[int | None, Field(ge=0, le=150)] = None
    interpretation_services: Line | None = None
    application_process: Paragraph | None = None
    wait_time: Line | None = None
    fees: Paragraph | None = None
    required_documents: Annotated[list[Line], Field(max_length=50)] = []
    schedules: Annotated[list[Schedule], Field(max_length=50)] = []
    service_areas: Annotated[list[Line], Field(max_length=100)] = []
    alert: Line | None = None

    def offered(self, service_id: str) -> Service:
        details = _details(self, {"name", "service", "status", "capacity"})
        return Service(service_id, self.service, self.name, self.status, self.capacity, details)


class SeedOrganisation(OrganisationForm):
    id: OrganisationId
    services: dict[ServiceId, ServiceForm] = {}

    def profile(self, organisation: str) -> Profile:
        details = _details(self, {"id", "services", "name", "role", "status"})
        return Profile(cell_of(organisation), self.role, self.name, self.status, details)


class SeedFile(Form):
    """The file that the setting `directory_file` names."""

    version: str = "1"
    organisations: list[SeedOrganisation]


StaffRoles = list[Annotated[str, KnownCode("staff_role")]]


def _apart(staff: dict[str, StaffRoles]) -> dict[str, StaffRoles]:
    """Nobody is a person and a machine."""
    for name, roles in staff.items():
        if not all(fits(name, role) for role in roles):
            raise ValueError("a machine has roles of machines, a person has roles of people")
    return staff


def _of_one(staff: dict[str, dict[str, StaffRoles]]) -> dict[str, dict[str, StaffRoles]]:
    named = [name for people in staff.values() for name in people if machines.is_machine(name)]
    if len(named) != len(set(named)):
        raise ValueError("a machine belongs to one organisation")
    return staff


class StaffFile(Form):
    """The file that the setting `staff_file` names: the people and machines whom this cell's issuer knows, by organisation."""

    version: str = "1"
    organisations: Annotated[
        dict[OrganisationId, Annotated[dict[Pseudonym, StaffRoles], AfterValidator(_apart)]],
        AfterValidator(_of_one),
    ]


def _details(form: BaseModel, columns: set[str]) -> dict[str, Any]:
    return form.model_dump(mode="json", exclude=columns)
