"""The rules of the case file in plain Python: cases, her age, disclosures received, and the likeness of two cases."""
