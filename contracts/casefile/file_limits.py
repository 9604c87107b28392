"""How large a file of cases may be. Whoever takes one says so before it is sent."""

MOST_FILE_BYTES = 5_000_000
MOST_ROWS = 10_000
