"""The names of a cell's services. Apart from the catalogue, which loads every event, so that they cost nothing to know."""

NAMES = (
    "intake",
    "consent",
    "directory",
    "referral",
    "returns",
    "exchange",
    "interchange",
    "notify",
    "audit",
    "console",
)
