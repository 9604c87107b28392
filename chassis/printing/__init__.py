"""Papers: what is printed for a person or an authority, with a code by which anybody may ask whether one is genuine."""
