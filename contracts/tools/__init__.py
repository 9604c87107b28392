"""The generators of files that follow from the contracts, and the tools that follow an event through the code."""
