"""The events, one module for each service that says them."""
