"""What the service keeps: the halves of returns, and what it has heard of their cases."""
