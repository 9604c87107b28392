"""The `corridor` command: a two-country stack on one machine, its story, and the tools of its operators."""
