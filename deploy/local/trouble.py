"""What a person at a terminal can mend: said in one sentence, never as a traceback."""


class Trouble(RuntimeError):
    """Its message says what is wrong and what to do; the `corridor` command prints that and nothing else."""
