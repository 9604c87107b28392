"""A grant: what a recipient may do with the fields that came with a disclosure. One type for the event and for every service."""

from collections.abc import Mapping
from dataclasses import field, fields
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic.dataclasses import dataclass

from contracts.types import AgreementId, Code, Instant, OrganisationId, Sha256

Kept = TypeVar("Kept", bound="GrantTerms")


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """The terms that everybody keeps who keeps the grant: from whom, to whom, what for, which fields, until when."""

    disclosure_id: UUID
    consent_revision: int
    consent_sha256: Sha256
    agreement_id: AgreementId
    agreement_version: int
    purpose: Annotated[str, Code("purpose")]
    recipient: OrganisationId
    fields: tuple[Annotated[str, Code("field")], ...]
    back_categories: tuple[Annotated[str, Code("data_category")], ...]
    valid_until: Instant

    def kept_as(self, kind: type[Kept], /, **came: Any) -> Kept:
        """The same in the class of a service, which says besides how it came."""
        return kind(**terms_of(kind, self), **came)


@dataclass(frozen=True, slots=True)
class Grant(GrantTerms):
    """A grant, as it travelled in the envelope: what the recipient may do with received fields."""

    basis: Annotated[str, Code("disclosure_basis")] | None = field(default=None, kw_only=True)
    law: Annotated[str, Code("protection_law")] | None = field(default=None, kw_only=True)


def terms_of(kind: type[GrantTerms], one: object) -> Mapping[str, Any]:
    """The terms here that another object has under the same names."""
    return {term.name: getattr(one, term.name) for term in fields(kind) if hasattr(one, term.name)}
