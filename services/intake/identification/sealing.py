"""Which record the ciphertexts of a decision are bound to, so that no revision can be put in another's place."""

from uuid import UUID


def status_record(case_id: UUID, revision: int) -> str:
    """What a decision's ciphertexts are bound to, so that no revision can be put in another's place."""
    return f"{case_id}.{revision}"


def age_record(case_id: UUID, revision: int) -> str:
    """What an assessment's reasons are bound to."""
    return f"{case_id}.age.{revision}"
