"""Who calls and what they may do: tokens, policies, and who has which case."""
