"""The rules of identification in plain Python: checklists, and what persons assess and decide."""
