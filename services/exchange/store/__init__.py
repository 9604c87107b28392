"""The tables of the border and their mapping, one module a subject."""
