"""Checklists as data: questions, weights by profile, and the rule that combines them, in versioned files."""
