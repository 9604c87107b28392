"""Referrals in plain Python: no database, broker, clock or framework."""
