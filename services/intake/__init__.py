"""Intake: two rooms, the case file and identification, which stands on it; and rows of files, which stand on both."""
