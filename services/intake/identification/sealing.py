"""The record that the ciphertexts of a decision are bound to, so that no revision can be put in another's place."""

from uuid import UUID


def status_record(case_id: UUID, revision: int) -> str:
    """The record of a decision's ciphertexts, one for each revision, so that none can be put in another's place."""
    return f"{case_id}.{revision}"


def age_record(case_id: UUID, revision: int) -> str:
    """The record of an assessment's reasons."""
    return f"{case_id}.age.{revision}"
