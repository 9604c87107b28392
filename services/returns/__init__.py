"""returns keeps assisted voluntary returns: one return, a sending and a receiving half, each in its own cell."""
