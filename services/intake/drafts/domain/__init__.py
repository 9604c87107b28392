"""The rules of drafts in plain Python."""
