"""The rules of intake in plain Python: cases, checklists, what came from abroad, and the rows of a file."""
