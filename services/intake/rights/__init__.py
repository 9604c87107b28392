"""Her rights: erasure on her request, and the report of everything that is held about her. It stands on the other rooms of intake."""
