"""Checklists and forms as data: their model, the JSON Schema made of it, and the lists that come with every cell."""
