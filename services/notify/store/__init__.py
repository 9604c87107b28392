"""The tables of notify: the notices in each inbox, and the news that waits for somebody to be told."""
