"""The entries that are readings, and those that are refused attempts, as SQL says it. No entry is both."""

_SHOWN = "coalesce((details ->> 'allowed')::boolean, true)"
LOOKED = f"type = 'record.read.v1' and {_SHOWN}"
TRIED = f"(type = 'attempt.refused.v1' or type = 'record.read.v1' and not {_SHOWN})"
"""A record of which nothing was shown was tried as well: of a disclosure that is closed, for example."""
TIMES = "coalesce((details ->> 'count')::int, 1)"
"""How often an entry says that it happened: a flood of attempts is one entry."""
