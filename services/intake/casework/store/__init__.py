"""Tables of casework and their mapping. Every row of a case is reached through its case, which demands the actor."""
