"""The rules of the case file in plain Python: cases, her age, what came from elsewhere, and what two cases have in common."""
