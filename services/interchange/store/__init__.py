"""What is kept of imports."""
