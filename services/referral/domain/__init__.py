"""Referrals and the directory in plain Python: no database, broker, clock or framework."""
