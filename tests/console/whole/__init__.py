"""Tests of every page and every form: who finds it, what it does with bad intent, and what it is for whoever cannot see it well."""
