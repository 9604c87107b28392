"""Keys of persons, and the values sealed under them."""
