"""Rows of files: each opens a case, some with a status that was decided, so that they stand on both rooms of intake."""
