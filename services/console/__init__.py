"""console is the cell's pages in a browser: it acts as whoever is signed in, through the public routes of the other services."""
