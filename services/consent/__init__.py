"""Consent: what the person agreed to, what may therefore be disclosed to whom, and what became of each disclosure."""
