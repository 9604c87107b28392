"""exchange is the border: it seals the content that may leave for the organisation that must read it, and opens
envelopes that come in.
"""
