"""The shape of consent's database, one file a change."""
