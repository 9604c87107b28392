"""Tables of reports and their mapping. Every load of a call demands the actor's right to it."""
