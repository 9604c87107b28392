"""The facts of casework as contract events, or as work that is due."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from types import MappingProxyType
from typing import Any
from uuid import UUID

from chassis.outbox import DueWork
from contracts.envelope import Event
from contracts.events.casework import (
    CoverDecidedV1,
    LeaveBegunV1,
    LeaveEndedV1,
    LeavePlannedV1,
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
from contracts.events.intake import CaseCoveredV1
from services.intake.casework.domain import facts
from services.intake.casework.domain.facts import CaseworkFact, TaskFact, TaskSubject

TASK_CLOCK, TASKS_OF_STAFF = "task-clock", "tasks-of-staff"
LEAVE_CLOCK, COVERS = "leave-clock", "covers"
TASK_WORDS, TASK_KEY = "task-words", "task-key"


def outgoing(fact: CaseworkFact, told: str | None = None) -> Event | DueWork:
    """`told`: who is to hear of what happened to a task; nobody is told of their own act."""
    match fact:
        case facts.NoteWritten():
            return NoteWrittenV1(case_id=fact.case_id, note_id=fact.note_id)
        case facts.NoteCorrected() | facts.NoteStruck():
            revised = NoteStruckV1 if isinstance(fact, facts.NoteStruck) else NoteCorrectedV1
            return revised(case_id=fact.case_id, note_id=fact.note_id, revision=fact.revision)
        case facts.ClockDue() | facts.WordsEnding() | facts.WordsGone() | facts.StaffLeft():
            return _due(fact)
        case (
            facts.LeavePlanned()
            | facts.LeaveBegun()
            | facts.LeaveEnded()
            | facts.LeaveClockDue()
            | facts.CoversDue()
            | facts.CoverDecided()
            | facts.CaseCovered()
        ):
            return _of_leave(fact)
        case _:
            return _of_task(fact, told)


def _of_leave(fact: facts.LeaveFact) -> Event | DueWork:  # noqa: PLR0911  # one line a fact
    match fact:
        case facts.LeavePlanned():
            return LeavePlannedV1(
                **asdict(fact.about), valid_from=fact.valid_from, valid_until=fact.valid_until
            )
        case facts.LeaveBegun():
            return LeaveBegunV1(**asdict(fact.about), told=fact.about.cover)
        case facts.LeaveEnded():
            return LeaveEndedV1(**asdict(fact.about), reason=fact.reason)
        case facts.LeaveClockDue():
            key = f"{fact.leave_id}:{fact.at.isoformat()}"
            return DueWork(LEAVE_CLOCK, key, {"leave_id": str(fact.leave_id)}, due_at=fact.at)
        case facts.CoversDue():
            return covers_due(fact.leave_id, f"{fact.leave_id}:{fact.state}")
        case facts.CoverDecided():
            return CoverDecidedV1(**asdict(fact))
        case facts.CaseCovered():
            return CaseCoveredV1(**asdict(fact))


def covers_due(leave_id: UUID, key: str) -> DueWork:
    return DueWork(COVERS, key, {"leave_id": str(leave_id)})


def _due(fact: facts.ClockDue | facts.WordsEnding | facts.WordsGone | facts.StaffLeft) -> DueWork:
    match fact:
        case facts.ClockDue():
            key = f"{fact.task_id}:{fact.at.isoformat()}"
            return DueWork(TASK_CLOCK, key, {"task_id": str(fact.task_id)}, due_at=fact.at)
        case facts.WordsEnding():
            words = {"task_id": str(fact.task_id), "version": fact.version}
            return DueWork(TASK_WORDS, f"{fact.task_id}:{fact.version}", words, due_at=fact.at)
        case facts.WordsGone():
            return DueWork(TASK_KEY, str(fact.key), due_at=fact.at)
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


def _of_task(fact: TaskFact, told: str | None) -> Event:
    own = {one.name: getattr(fact, one.name) for one in fields(fact) if one.name != "about"}
    return _MOVES[type(fact)](**_about(fact.about, told), **own)


def _about(about: TaskSubject, told: str | None) -> dict[str, Any]:
    return {
        "about_id": about.case_id or about.task_id,
        "task_id": about.task_id,
        "organisation": about.organisation,
        "case_id": about.case_id,
        "worker": about.worker,
        "told": told,
    }
