"""The classes of what is sealed besides the fields of the case file: each ciphertext is bound to one."""

FLAGS, RESULT, ANSWERS, STATUS, REASONS, NEEDS, AGE_REASONS, CHANGE_REASON, GLASS = (
    "case.flags",
    "screening.result",
    "screening.answers",
    "status.value",
    "status.reasons",
    "needs.assessment",
    "age.reasons",
    "fields.reason",
    "glass.why",
)
