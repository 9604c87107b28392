"""The rules of the border: the content of an item, the conditions of sealing, and the order in which envelopes come in."""
