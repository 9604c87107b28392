"""The choice of notices: which event is worth one, to whom, and how soon it should be looked at. The default is no
contact.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

ALWAYS: Final = ""

NOTICES: Final[Mapping[str, Mapping[str, str]]] = {
    "case.assigned.v1": {ALWAYS: "new_assignment"},
    "limit.passed.v1": {ALWAYS: "much_opened"},
    "glass.broken.v1": {ALWAYS: "emergency_opened"},
    "case.unattended.v1": {ALWAYS: "unattended"},
    "case.resumed.v1": {ALWAYS: "file_changed"},
    "dependants.changed.v1": {"left": "act_now"},
    "flags.recorded.v1": {ALWAYS: "urgent"},
    "draft.raised.v1": {ALWAYS: "started_urgent"},
    "draft.unfinished.v1": {ALWAYS: "started"},
    "call.raised.v1": {ALWAYS: "started_urgent"},
    "task.raised.v1": {ALWAYS: "new_assignment"},
    "task.changed.v1": {ALWAYS: "new_assignment"},
    "task.unassigned.v1": {ALWAYS: "unattended"},
    "task.reminded.v1": {ALWAYS: "due"},
    "task.overdue.v1": {ALWAYS: "late"},
    "leave.planned.v1": {ALWAYS: "file_changed"},
    "leave.begun.v1": {ALWAYS: "new_assignment"},
    "leave.ended.v1": {ALWAYS: "file_changed"},
    "hold.placed.v1": {ALWAYS: "hold"},
    "hold.lifted.v1": {ALWAYS: "file_changed"},
    "protection.requested.v1": {ALWAYS: "approval"},
    "protection.lapsed.v1": {ALWAYS: "overdue"},
    "protection.declined.v1": {ALWAYS: "refusal"},
    "protection.recorded.v1": {ALWAYS: "act_now"},
    "protection.unreviewed.v1": {ALWAYS: "overdue"},
    "consent.requested.v1": {ALWAYS: "act_now"},
    "consent.withdrawn.v1": {ALWAYS: "act_now"},
    "consent.narrowed.v1": {ALWAYS: "act_now"},
    "consent.ending.v1": {ALWAYS: "due"},
    "consent.expired.v1": {ALWAYS: "act_now"},
    "disclosure.refused.v1": {ALWAYS: "refusal"},
    "referral.received.v1": {"incoming": "new_request"},
    "referral.reminded.v1": {"incoming": "reminder"},
    "referral.accepted.v1": {"outgoing": "answer"},
    "referral.rejected.v1": {"outgoing": "refusal"},
    "referral.started.v1": {"outgoing": "answer"},
    "referral.held.v1": {"outgoing": "answer"},
    "referral.resumed.v1": {"outgoing": "answer"},
    "referral.completed.v1": {"outgoing": "answer"},
    "referral.failed.v1": {"outgoing": "act_now"},
    "referral.cancelled.v1": {"incoming": "answer"},
    "referral.revoked.v1": {"incoming": "answer", "outgoing": "answer"},
    "referral.expired.v1": {"outgoing": "act_now", "incoming": "overdue"},
    "return.blocked.v1": {"sending": "act_now"},
    "return.cleared.v1": {"receiving": "new_request"},
    "return.suspended.v1": {"receiving": "answer"},
    "return.resumed.v1": {"receiving": "answer"},
    "return.departed.v1": {"receiving": "act_now"},
    "return.overdue.v1": {"sending": "act_now", "receiving": "act_now"},
    "return.missed.v1": {"sending": "act_now", "receiving": "act_now"},
    "return.turned_back.v1": {"receiving": "act_now"},
    "return.arrived.v1": {"sending": "answer"},
    "return.closed.v1": {"sending": "answer", "receiving": "answer"},
    "return.withdrawn.v1": {"receiving": "answer"},
    "envelope.refused.v1": {ALWAYS: "act_now"},
    "recall.received.v1": {ALWAYS: "act_now"},
    "recall.answered.v1": {ALWAYS: "answer"},
    "correction.received.v1": {ALWAYS: "file_changed"},
}
"""Event type → half of the referral or return, or change of who is linked with her (or always) → template."""

CLEARED: Final = "file_changed"
"""Flags were recorded of which none stands any more, or none that did not stand before."""

OUTGOING: Final = "outgoing"
NOBODY_LEFT: Final = "nobody-left"
"""A code of `unattended_reason`: the cases of such an organisation are told of together, for they all lost their
people at once.
"""

TOLD_ALONE: Final = frozenset({"task.raised.v1", "task.changed.v1"})
"""Of these, only whoever the event names hears; where it names nobody, nobody was given anything."""

HOLDER, WORKER, SUPERVISORS, OPERATORS = "holder", "worker", "supervisors", "operators"
"""The audiences: the holder of the case (its workers, else the supervisors), one worker (the supervisors, where they
have left), the supervisors, or the cell's operators.
"""


TO_OPERATORS: Final = frozenset({"approval"})
"""Alarms that name the persons who may act; where there is none, an operator has to find one."""

BEGUN: Final = frozenset({"started_urgent", "started"})
"""About what somebody began and nobody has submitted."""

TO_SUPERVISORS: Final = BEGUN | {
    "unattended",
    "overdue",
    "late",
    "much_opened",
    "emergency_opened",
}
"""Alarms: the person who should have acted did not, or somebody opened a case of others, or nobody has the case yet, so
somebody else is told.
"""

ALSO_ITS_WORKERS: Final[Mapping[str, str]] = {"protection.lapsed.v1": "urgent"}
"""Event type → template of the notice by which the workers of the case, and whoever asked and waits, are told besides the
supervisors.
"""

NOW, TODAY, USUAL = "now", "today", "usual"
PRIORITIES: Final[Mapping[str, str]] = {
    "urgent": NOW,
    "started_urgent": NOW,
    "started": TODAY,
    "approval": NOW,
    "unattended": NOW,
    "emergency_opened": NOW,
    "overdue": NOW,
    "act_now": TODAY,
    "hold": TODAY,
    "much_opened": TODAY,
    "refusal": TODAY,
    "reminder": TODAY,
    "due": TODAY,
    "late": TODAY,
    "new_request": TODAY,
}
"""Template → how soon (code list `notice_priority`); any other is usual. A notice that is not usual also goes by mail."""


@dataclass(frozen=True, slots=True)
class News:
    """The kind of a notice, never its subject; `referral_id` and `return_id` lead readers who may open them there.

    `own`: about a thing that this organisation itself sent, or is one side of; such a notice stays with it when the
    case is handed over. `import_id`: about a case that came with a file; one notice stands for all of them. `about`:
    the organisation in which nobody is left for its cases; again one notice for all.
    """

    template: str
    referral_id: UUID | None = None
    return_id: UUID | None = None
    own: bool = False
    import_id: UUID | None = None
    about: str | None = None
    task_id: UUID | None = None
    leave_id: UUID | None = None
    worker: str | None = None
    """The one person who is told of it."""

    @property
    def together(self) -> UUID | None:
        """The file or the organisation for all of whose cases the notice stands. None for a notice of its own."""
        if self.import_id is not None or self.about is None:
            return self.import_id
        return uuid5(NAMESPACE_URL, f"urn:corridor:{self.about}:{NOBODY_LEFT}")


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to those people of an organisation whom it concerns."""

    case_id: UUID
    organisation: str
    audience: str
    news: News

    @property
    def priority(self) -> str:
        return PRIORITIES.get(self.news.template, USUAL)

    @property
    def mailed(self) -> bool:
        return self.priority != USUAL


def template_of(event_type: str, half: str) -> str | None:
    """The template of the notice that an event is worth; None: no contact."""
    by_half = NOTICES.get(event_type, {})
    return by_half.get(ALWAYS) or by_half.get(half)


def news_of(event: Any, half: str, workers: Collection[str]) -> list[News]:
    """The news of an event about a case that these workers have: for each whom it names as the one to act, else for whom its
    template is for, and for those who wait for it besides.
    """
    news = _news(event, half)
    if news is None:
        return []
    named = [replace(news, worker=one) for one in getattr(event, "approvers", ())]
    return named or [news, *_besides(event, news.template, workers)]


def _besides(event: Any, template: str, workers: Collection[str]) -> list[News]:
    also = ALSO_ITS_WORKERS.get(event.type)
    asked_by = getattr(event, "asked_by", None)
    besides = [News(also)] if also is not None and workers else []
    if asked_by is not None and asked_by not in workers:
        besides.append(News(also or template, own=True, worker=asked_by))
    return besides


def _news(event: Any, half: str) -> News | None:
    nothing_new = False in (getattr(event, "raised", None), getattr(event, "added", None))
    template = CLEARED if nothing_new else template_of(event.type, half)
    told = getattr(event, "told", None)
    if template is None or (told is None and event.type in TOLD_ALONE):
        return None
    return_id = getattr(event, "return_id", None)
    own = half == OUTGOING or return_id is not None
    import_id = getattr(event, "import_id", None)
    left = import_id is None and getattr(event, "reason", None) == NOBODY_LEFT
    about = event.organisation if left else None
    return News(
        template,
        getattr(event, "referral_id", None),
        return_id,
        own=own,
        import_id=import_id,
        about=about,
        task_id=getattr(event, "task_id", None),
        leave_id=getattr(event, "leave_id", None),
        worker=told,
    )


def notice(case_id: UUID, organisation: str, news: News) -> Notice:
    if news.template in TO_SUPERVISORS:
        return Notice(case_id, organisation, SUPERVISORS, news)
    if news.worker is not None:
        return Notice(case_id, organisation, WORKER, news)
    return Notice(case_id, organisation, OPERATORS if news.template in TO_OPERATORS else HOLDER, news)
