"""The classes of sealed values in assessments and decisions: each ciphertext is bound to one."""

RESULT, ANSWERS, STATUS_CLASS, REASONS, NEEDS_CLASS, AGE_REASONS = (
    "screening.result",
    "screening.answers",
    "status.value",
    "status.reasons",
    "needs.assessment",
    "age.reasons",
)
