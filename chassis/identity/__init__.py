"""Callers and their rights: tokens, policies, and which organisation and workers have a case."""
