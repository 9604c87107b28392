"""A notice: the text that is explained before she is asked, in one language, which two people have approved."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from uuid import NAMESPACE_URL, UUID, uuid5

from services.consent.domain.facts import NoticeChanged
from services.consent.domain.record import Act, SamePerson

LONGEST_TEXT = 1600
"""Characters of a notice with its title: what is read out in about two minutes, after which nobody listens."""


RELEASE = "system:release"
"""The writer of a text that comes with the release."""


class NoticeState(StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[NoticeState, frozenset[NoticeState]] = MappingProxyType(
    {
        NoticeState.DRAFT: frozenset({NoticeState.DRAFT, NoticeState.PROPOSED, NoticeState.WITHDRAWN}),
        NoticeState.PROPOSED: frozenset({NoticeState.DRAFT, NoticeState.IN_FORCE, NoticeState.WITHDRAWN}),
        NoticeState.IN_FORCE: frozenset({NoticeState.SUPERSEDED, NoticeState.WITHDRAWN}),
        NoticeState.SUPERSEDED: frozenset(),
        NoticeState.WITHDRAWN: frozenset(),
    }
)
"""A text that is revised is a draft again, so that nobody approves other words than were proposed. What was once in force is
never changed: a new version follows."""


FIRST_OF_A_CELL = 100
"""The number from which on a cell counts its own texts in a year; the ones below are those of the releases."""


WITHDRAWAL_WAITS = timedelta(days=7)
"""The time in which a second person withdraws what a first one asked to withdraw; afterwards it is asked for anew."""


class LastNotice(Exception):
    """The notice is the last text of its language: it is superseded by another, and never withdrawn."""


class WrongNoticeState(Exception):
    """The notice does not stand where this verb could move it."""

    def __init__(self, state: NoticeState) -> None:
        super().__init__(f"a notice that is {state} cannot be moved so")
        self.state = state


@dataclass(frozen=True, slots=True)
class NoticeText:
    """The words: a title, and paragraphs that are read out. `reviewed`: a native speaker has looked at them."""

    title: str
    paragraphs: tuple[str, ...]
    reviewed: bool

    @property
    def length(self) -> int:
        return len(self.title) + sum(map(len, self.paragraphs))


def notice_id(version: str, language: str) -> UUID:
    """The identifier of a version in a language, which everybody can derive."""
    return uuid5(NAMESPACE_URL, f"urn:corridor:notice:{version}:{language}")


def of_cell(version: str) -> bool:
    """True where the version is one that a cell gives to its own text, so that no release ever has the same."""
    return int(version.partition("-")[2]) >= FIRST_OF_A_CELL


@dataclass(slots=True)
class Notice:
    """One version in one language. `revision` is what a reader saw; `written_by` are all who had a hand in the words."""

    version: str
    language: str
    title: str
    paragraphs: tuple[str, ...]
    reviewed: bool
    state: NoticeState = NoticeState.DRAFT
    written_by: tuple[str, ...] = ()
    approved_by: str | None = None
    in_force_since: datetime | None = None
    ended_at: datetime | None = None
    withdrawal_asked_by: str | None = None
    withdrawal_asked_at: datetime | None = None
    revision: int = 0

    @classmethod
    def of(cls, version: str, language: str, text: NoticeText) -> "Notice":
        return cls(version, language, text.title, text.paragraphs, text.reviewed)

    @property
    def id(self) -> UUID:
        return notice_id(self.version, self.language)

    @property
    def words(self) -> str:
        """Title and paragraphs with an empty line between them, as they are hashed."""
        return "\n\n".join((self.title, *self.paragraphs))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.words.encode()).hexdigest()

    def write(self, text: NoticeText, act: Act) -> list[NoticeChanged]:
        """Write the words, for the first time or anew."""
        self._move(NoticeState.DRAFT)
        self.title, self.paragraphs, self.reviewed = text.title, text.paragraphs, text.reviewed
        self._sign(act)
        return [self._changed()]

    def propose(self, act: Act) -> list[NoticeChanged]:
        """Propose, by one who then stands for the words as their writers do."""
        self._move(NoticeState.PROPOSED)
        self._sign(act)
        return [self._changed()]

    def approve(self, act: Act, before: "Notice | None") -> list[NoticeChanged]:
        """Approve, by somebody who wrote none of it: it is in force from now on, and the one before no more.

        Raises SamePerson.
        """
        if NoticeState.IN_FORCE not in MOVES[self.state]:
            raise WrongNoticeState(self.state)
        if act.by in self.written_by:
            raise SamePerson
        superseded = [] if before is None else before.supersede(act)
        self._move(NoticeState.IN_FORCE)
        self.approved_by, self.in_force_since = act.by, act.at
        return [*superseded, self._changed()]

    def supersede(self, act: Act) -> list[NoticeChanged]:
        self._move(NoticeState.SUPERSEDED)
        self.ended_at = act.at
        return [self._changed()]

    def withdraw(self, act: Act, *, last: bool) -> list[NoticeChanged]:
        """Withdraw, for instance because it is wrong in a language: no new consent names it from now on. One that is in force is
        withdrawn by two people: the first asks for it. `last`: no other text of its language is in force or proposed.

        Raises SamePerson and LastNotice.
        """
        if NoticeState.WITHDRAWN in MOVES[self.state] and last:
            raise LastNotice
        if self.state is NoticeState.IN_FORCE:
            asked_by = self.asks_withdrawal(act.at)
            if asked_by == act.by:
                raise SamePerson
            if asked_by is None:
                return [self._ask_withdrawal(act)]
        self._move(NoticeState.WITHDRAWN)
        self.ended_at = act.at
        return [self._changed()]

    def decline_withdrawal(self, act: Act) -> list[NoticeChanged]:
        """Keep in force one of which the withdrawal was asked for: whoever asked takes that back, or another says no."""
        if self.state is not NoticeState.IN_FORCE or self.asks_withdrawal(act.at) is None:
            raise WrongNoticeState(self.state)
        self.withdrawal_asked_by = self.withdrawal_asked_at = None
        self.revision += 1
        return [self._changed()]

    def asks_withdrawal(self, now: datetime) -> str | None:
        """The person who asked that it is withdrawn, as long as a second one may do it."""
        at = self.withdrawal_asked_at
        return None if at is None or now >= at + WITHDRAWAL_WAITS else self.withdrawal_asked_by

    def _ask_withdrawal(self, act: Act) -> NoticeChanged:
        self.withdrawal_asked_by, self.withdrawal_asked_at = act.by, act.at
        self.revision += 1
        return replace(self._changed(), withdrawal_asked=True)

    def ship(self, at: datetime, *, first: bool) -> list[NoticeChanged]:
        """Take in a text that comes with the release. The first of its language is in force, so that she can be asked at
        all; a later one is proposed, and somebody of the cell approves it.
        """
        self.written_by, self.revision = (RELEASE,), 1
        self.state = NoticeState.IN_FORCE if first else NoticeState.PROPOSED
        self.in_force_since = at if first else None
        return [self._changed()]

    def lets(self, verb: str, act: Act, *, last: bool) -> bool:
        """True where a verb passes now; it is tried on a copy, so that the offer and the command cannot differ."""
        tried = replace(self)
        verbs: dict[str, Callable[[Act], object]] = {
            "propose": tried.propose,
            "approve": partial(tried.approve, before=None),
            "withdraw": partial(tried.withdraw, last=last),
            "decline": tried.decline_withdrawal,
        }
        try:
            verbs[verb](act)
        except (WrongNoticeState, SamePerson, LastNotice):
            return False
        return True

    @property
    def revisable(self) -> bool:
        return NoticeState.DRAFT in MOVES[self.state]

    def _sign(self, act: Act) -> None:
        if act.by not in self.written_by:
            self.written_by = (*self.written_by, act.by)

    def _move(self, to: NoticeState) -> None:
        if to not in MOVES[self.state]:
            raise WrongNoticeState(self.state)
        self.state = to
        self.revision += 1

    def _changed(self) -> NoticeChanged:
        return NoticeChanged(self.version, self.language, self.state, self.revision, self.sha256)
