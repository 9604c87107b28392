"""The rules of calls and incidents, in plain Python."""
