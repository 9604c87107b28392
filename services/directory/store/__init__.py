"""The tables of the directory: organisations with their services, and staff."""
