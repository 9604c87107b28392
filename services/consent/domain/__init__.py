"""Consent records, disclosures and grants in plain Python: no database, broker, clock or framework."""
