"""The tables of returns: the halves of returns, and the state of their cases as other services told it."""
