"""Keys of persons, and what is sealed under them."""
