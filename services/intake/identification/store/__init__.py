"""Tables of identification and their mapping. Every row is reached through its case, which demands the actor."""
