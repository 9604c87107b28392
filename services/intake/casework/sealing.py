"""The record that the ciphertexts of casework are bound to, so that none can be put in another's place."""

from uuid import UUID, uuid5


def note_record(note_id: UUID, revision: int) -> str:
    return f"{note_id}.note.{revision}"


def task_record(task_id: UUID) -> str:
    return f"{task_id}.task"


def flags_record(case_id: UUID) -> str:
    """The record of the flags for which tasks were raised."""
    return f"{case_id}.answered-flags"


def team_key(task_id: UUID, version: int) -> UUID:
    """The owner of the key under which the words of a task without a case are: the task itself, at the version in which
    they were first said. Words that are deleted take their key with them, and others have another.
    """
    return uuid5(task_id, f"words.{version}")


def closing_record(closing_id: UUID) -> str:
    return f"{closing_id}.closing"
