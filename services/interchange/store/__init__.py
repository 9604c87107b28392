"""The tables of imports and exports."""
