"""The candidates of a search, and the tables of what was decided. Every row is reached through its case, which demands the actor."""
