"""The classes of sealed values in assessments and decisions: each ciphertext is bound to one."""

RESULT, ANSWERS, CORRECTION, STATUS_CLASS, REASONS, NEEDS_CLASS, AGE_REASONS = (
    "screening.result",
    "screening.answers",
    "screening.correction",
    "status.value",
    "status.reasons",
    "needs.assessment",
    "age.reasons",
)
