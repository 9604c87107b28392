"""The rules of identification in plain Python: checklists, and the assessments and decisions of persons."""
