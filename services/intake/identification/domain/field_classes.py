"""The classes of sealed values in assessments and decisions: each ciphertext is bound to one."""

RESULT, ANSWERS, CORRECTION, FORM, STATUS_CLASS, REASONS, NEEDS_CLASS, AGE_REASONS = (
    "screening.result",
    "screening.answers",
    "screening.correction",
    "form.answers",
    "status.value",
    "status.reasons",
    "needs.assessment",
    "age.reasons",
)
