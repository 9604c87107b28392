"""Casework: the notes and tasks of those who work on a case. It stands on the case file, which knows nothing of it."""
