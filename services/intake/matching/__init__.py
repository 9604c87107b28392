"""Matching: who is looked for, who may be one person, and what persons decided about it. It stands on the case file, which knows
nothing of it.
"""
