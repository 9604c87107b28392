"""The rules of the border: what an item may carry, when anything is sealed, and in which order things come in."""
