"""The kinds of lives, each with its share. The first lives are one of each kind, so that from forty on everything is there at least once."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from corridor.seed import casework, opening
from corridor.seed.life import Life
from corridor.seed.referring import referred, returned

Story = Callable[[Life], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of life, and how many of a hundred later lives are of it. `there`: in the country that receives."""

    story: Story
    share: int = 1
    there: bool = False


KINDS: Sequence[Kind] = (
    Kind(casework.known_well, 4),
    Kind(partial(referred, abroad="received", neighbour="failed"), 4),
    Kind(casework.unassigned, 4),
    Kind(partial(opening.handed_over, answer="received"), 3),
    Kind(partial(opening.handed_over, answer="accepted"), 6),
    Kind(partial(casework.taken_back, state="accepted"), 3),
    Kind(partial(referred, abroad="accepted", child=True), 3),
    Kind(partial(returned, states=("closed",)), 2),
    Kind(opening.begun, 4),
    Kind(partial(opening.handed_over, answer="rejected"), 2),
    Kind(casework.late, 5),
    Kind(casework.guardian_awaited, 2),
    Kind(partial(referred, abroad="completed", neighbour="accepted", beside="in_progress"), 5),
    Kind(partial(referred, abroad="rejected", neighbour="entered_in_error", beside="rejected"), 3),
    Kind(partial(returned, states=("departed",)), 2),
    Kind(opening.begun_in_danger, 2),
    Kind(opening.submitted, 6),
    Kind(casework.no, 3),
    Kind(casework.with_child, 3),
    Kind(partial(referred, abroad="on_hold", neighbour="cancelled", beside="completed"), 2),
    Kind(partial(referred, abroad="received", beside="in_progress"), 3, there=True),
    Kind(partial(referred, abroad="accepted", neighbour="rejected"), 2, there=True),
    Kind(partial(referred, abroad="in_progress", neighbour="on_hold"), 2, there=True),
    Kind(partial(referred, abroad="completed", neighbour="failed", beside="received"), 2, there=True),
    Kind(partial(referred, abroad="cancelled", neighbour="draft", beside="entered_in_error"), 1, there=True),
    Kind(partial(casework.taken_back, state="received"), there=True),
    Kind(partial(casework.taken_back, state="received")),
    Kind(casework.taken_back_in_part),
    Kind(casework.yes_for_days, 2),
    Kind(casework.yes_for_a_moment),
    Kind(partial(returned, states=("withdrawn", "requested")), 1),
    Kind(partial(returned, states=("suspended",)), 2),
    Kind(partial(returned, states=("cleared",)), 2),
    Kind(partial(returned, states=("missed",))),
    Kind(partial(returned, states=("turned_back",))),
    Kind(partial(returned, states=("arrived",)), 2),
    Kind(casework.on_hold, 2),
    Kind(casework.of_supervisor, 2),
    Kind(casework.told_twice, 2),
    Kind(casework.called, 3),
)
LATER: Sequence[Kind] = (
    Kind(casework.to_be_done, 10),
    Kind(casework.to_be_done, 5, there=True),
    Kind(casework.closed, 4),
    Kind(partial(opening.screened, indications=True), 4),
    Kind(partial(opening.screened, indications=False), 5),
)
"""Kinds of which others have all that there is to see."""
EVERY = (*KINDS, *LATER)


def kind_of(seed: int, number: int) -> Kind:
    """The kind of the life with this number, counted from one."""
    if number <= len(KINDS):
        return KINDS[number - 1]
    chance = random.Random(f"{seed} kind {number}")  # noqa: S311 invented people
    return chance.choices(EVERY, [kind.share for kind in EVERY])[0]
