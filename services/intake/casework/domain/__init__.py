"""The rules of casework in plain Python: notes and tasks."""
