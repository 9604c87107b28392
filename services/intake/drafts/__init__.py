"""Drafts: an intake or a screening that somebody has begun. Nobody outside intake hears of one before it is submitted, except
that it needs somebody.
"""
