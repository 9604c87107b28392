"""Assisted voluntary returns in plain Python: no database, broker, clock or framework."""
