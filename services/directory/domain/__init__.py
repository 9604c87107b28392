"""What directory knows, in plain Python."""
