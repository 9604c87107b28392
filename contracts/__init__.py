"""The words that services and partner countries say to one another: no I/O, may be vendored by a partner."""
