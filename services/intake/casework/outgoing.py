"""The facts of casework as contract events, or as work that is due."""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from chassis.outbox import DueWork
from contracts.envelope import Event
from contracts.events.casework import (
    NoteCorrectedV1,
    NoteStruckV1,
    NoteWrittenV1,
    TaskCancelledV1,
    TaskChangedV1,
    TaskCompletedV1,
    TaskOverdueV1,
    TaskRaisedV1,
    TaskRemindedV1,
    TaskReopenedV1,
    TaskUnassignedV1,
)
from services.intake.casework.domain import facts
from services.intake.casework.domain.facts import CaseworkFact, TaskFact, TaskSubject

TASK_CLOCK, TASKS_OF_STAFF = "task-clock", "tasks-of-staff"
TASK_WORDS, TASK_KEY = "task-words", "task-key"


def outgoing(fact: CaseworkFact, by: str = "") -> Event | DueWork:
    """`by`: who did it, for they are not told of their own act."""
    match fact:
        case facts.NoteWritten():
            return NoteWrittenV1(case_id=fact.case_id, note_id=fact.note_id)
        case facts.NoteCorrected() | facts.NoteStruck():
            revised = NoteStruckV1 if isinstance(fact, facts.NoteStruck) else NoteCorrectedV1
            return revised(case_id=fact.case_id, note_id=fact.note_id, revision=fact.revision)
        case facts.ClockDue() | facts.WordsEnding() | facts.WordsGone() | facts.StaffLeft():
            return _due(fact)
        case _:
            return _of_task(fact, by)


def _due(fact: facts.ClockDue | facts.WordsEnding | facts.WordsGone | facts.StaffLeft) -> DueWork:
    match fact:
        case facts.ClockDue():
            key = f"{fact.task_id}:{fact.at.isoformat()}"
            return DueWork(TASK_CLOCK, key, {"task_id": str(fact.task_id)}, due_at=fact.at)
        case facts.WordsEnding():
            words = {"task_id": str(fact.task_id), "version": fact.version}
            return DueWork(TASK_WORDS, f"{fact.task_id}:{fact.version}", words, due_at=fact.at)
        case facts.WordsGone():
            return DueWork(TASK_KEY, str(fact.key))
        case facts.StaffLeft():
            key = f"{fact.organisation}:{fact.at.isoformat()}"
            return DueWork(TASKS_OF_STAFF, key, {"organisation": fact.organisation})


_MOVES: Mapping[type[TaskFact], type[Event]] = MappingProxyType(
    {
        facts.TaskRaised: TaskRaisedV1,
        facts.TaskChanged: TaskChangedV1,
        facts.TaskReopened: TaskReopenedV1,
        facts.TaskCompleted: TaskCompletedV1,
        facts.TaskCancelled: TaskCancelledV1,
        facts.TaskUnassigned: TaskUnassignedV1,
        facts.TaskReminded: TaskRemindedV1,
        facts.TaskOverdue: TaskOverdueV1,
    }
)


def _of_task(fact: TaskFact, by: str) -> Event:
    own = {one.name: getattr(fact, one.name) for one in fields(fact) if one.name != "about"}
    return _MOVES[type(fact)](**_about(fact.about, by), **own)


def _about(about: TaskSubject, by: str) -> dict[str, Any]:
    return {
        "about_id": about.case_id or about.task_id,
        "task_id": about.task_id,
        "organisation": about.organisation,
        "case_id": about.case_id,
        "worker": about.worker,
        "told": None if about.worker == by else about.worker,
    }
