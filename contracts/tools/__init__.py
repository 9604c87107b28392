"""What is generated from the contracts, and how an event is followed through the code."""
