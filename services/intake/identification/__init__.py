"""Identification: the assessments and decisions of persons about a case. It stands on the case file, which knows
nothing of it.
"""
