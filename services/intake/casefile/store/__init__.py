"""Tables of the case file and their mapping. Every row of a case is reached through its case, and a case demands the actor."""
