"""The lives of `corridor seed`: a country that looks lived in, of invented people, through the public APIs alone."""
