"""The classes of what is sealed of assessments and decisions: each ciphertext is bound to one."""

RESULT, ANSWERS, STATUS, REASONS, NEEDS, AGE_REASONS = (
    "screening.result",
    "screening.answers",
    "status.value",
    "status.reasons",
    "needs.assessment",
    "age.reasons",
)
