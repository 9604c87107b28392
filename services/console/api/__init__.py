"""The pages of the console, and the files that they load."""
