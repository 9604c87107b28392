"""exchange is the border: it seals what may leave to the one who must read it, and opens what comes in."""
