"""Trouble that a person at a terminal can mend: said in one sentence, never as a traceback."""


class Trouble(RuntimeError):
    """A fault with a remedy, both in its message; the `corridor` command prints that and nothing else."""
