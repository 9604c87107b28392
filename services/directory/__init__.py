"""directory keeps the organisations of both countries, their services and their room, and the staff of its own."""
