"""The tables of notify: what stands in each inbox, and what waits for somebody to be told."""
