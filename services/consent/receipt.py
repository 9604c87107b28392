"""The receipt that she may keep: ISO/IEC TS 27560 names, signed, and with no word on it that would betray her."""

from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel, Field

from contracts.codes import codes
from services.consent.queries import ConsentView
from services.consent.signing import Signer

SCHEMA = "ISO/IEC TS 27560:2023"
PROFILE = "dpv-27560:receipt"
RIGHTS = ["access", "rectification", "erasure", "restriction", "withdrawal", "complaint"]


class Receipt(BaseModel):
    """The receipt to read, and the same signed by this cell's consent service (compact JWS over its RFC 8785 form)."""

    receipt: dict[str, Any] = Field(description="fields as ISO/IEC TS 27560 names them")
    jws: str


def receipt_of(view: ConsentView, person_id: UUID, cell: str, signer: Signer) -> Receipt:
    body = {
        "schema_version": SCHEMA,
        "profile": PROFILE,
        "record_id": str(view.id),
        "receipt_id": str(uuid5(view.id, f"receipt.{view.revision}")),
        "pii_principal_id": str(person_id),
        "pii_processing": _processing(view, cell),
        "pii": [{"pii_type": _label("data_category", code)} for code in view.terms.categories],
        "party_identification": _parties(view, cell),
        "event": _event(view),
    }
    return Receipt(receipt=body, jws=signer.receipt(body))


def _processing(view: ConsentView, cell: str) -> dict[str, Any]:
    terms = view.terms
    return {
        "privacy_notice": terms.notice_version,
        "language": terms.language,
        "privacy_notice_language": terms.notice_language or terms.language,
        "purposes": [_label("purpose", code) for code in terms.purposes],
        "lawful_basis": terms.legal_basis,
        "pii_information": [_label("data_category", code) for code in terms.categories],
        "disclosed_back": [_label("data_category", code) for code in terms.back_categories],
        "pii_controllers": [view.controller],
        "collection_method": terms.method,
        "storage_locations": [cell],
        "retention_period": terms.valid_until.isoformat(),
        "geographic_restrictions": sorted({cell, *(r.country for r in terms.recipients)}),
        "jurisdiction": cell,
        "recipient_third_parties": [r.organisation for r in terms.recipients],
        "withdrawal_method": terms.withdrawal_method,
        "privacy_rights": RIGHTS,
    }


def _parties(view: ConsentView, cell: str) -> list[dict[str, str]]:
    """The directory is public in both countries, so an organisation's identifier leads to its address and telephone."""
    controller = _party(view.controller, cell, "pii_controller")
    return [controller, *(_party(r.organisation, r.country, "recipient") for r in view.terms.recipients)]


def _party(organisation: str, country: str, role: str) -> dict[str, str]:
    """`party_name` is the name in the directory's own terms, which every language writes alike."""
    return {
        "party_id": organisation,
        "party_name": organisation,
        "party_role": role,
        "party_type": "organisation",
        "party_address": country,
        "party_contact": f"/directory/v1/organisations/{organisation}",
    }


def _event(view: ConsentView) -> dict[str, str]:
    last = view.revisions[-1]
    days = max(0, (view.terms.valid_until - last.at).days)
    return {
        "event_time": last.at.isoformat(),
        "validity_duration": f"P{days}D",
        "valid_until": view.terms.valid_until.isoformat(),
        "entity_id": last.organisation,
        "event_type": view.terms.capacity,
        "event_state": codes("consent_state")[view.state],
        "revision": str(last.number),
        "revision_hash": last.hash,
    }


def _label(codelist: str, code: str) -> str:
    """The label of a code in words: some codes name what she went through."""
    return codes(codelist)[code]
