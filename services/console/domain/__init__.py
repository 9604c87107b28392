"""The parts of a session, and the paths to which people are sent back."""
