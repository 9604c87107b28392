"""The fields of a case file and the types of their values."""
