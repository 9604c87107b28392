"""Identification: what persons assess and decide about a case. It stands on the case file, which knows nothing of it."""
