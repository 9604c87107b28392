"""The steps that each urgent flag asks for, and within which time: data, which the tasks follow at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

AT_ONCE, SOON = timedelta(hours=1), timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Step:
    """A code of `task_step`, and the time in which it is to be done."""

    code: str
    within: timedelta


STEPS: Mapping[str, tuple[Step, ...]] = MappingProxyType(
    {
        "immediate_danger": (Step("bring-to-safety", AT_ONCE), Step("plan-safety", SOON)),
        "medical_emergency": (Step("get-medical-help", AT_ONCE), Step("ask-what-treatment-follows", SOON)),
        "suicide_risk": (Step("stay-with-the-person", AT_ONCE), Step("arrange-psychosocial-care", SOON)),
        "unaccompanied_child": (Step("find-a-safe-carer", AT_ONCE), Step("ask-for-a-guardian", SOON)),
        "separated_child": (Step("find-a-safe-carer", AT_ONCE), Step("begin-family-tracing", SOON)),
        "late_pregnancy": (Step("arrange-maternity-care", AT_ONCE), Step("plan-the-birth", SOON)),
        "recent_birth": (
            Step("have-mother-and-newborn-seen", AT_ONCE),
            Step("provide-for-the-newborn", SOON),
        ),
    }
)
"""Flag → steps. The first is due within the same time for every flag, which is that of the most urgent, and the second
too: the times stand in clear beside a task whose flag is sealed, and beside the age group of the person.
"""


def steps_of(flags: Collection[str]) -> dict[str, Step]:
    """Every step that these flags ask for, by its code; once, where several ask for it."""
    return {step.code: step for flag, steps in STEPS.items() if flag in flags for step in steps}
