"""The case file: cases and the organisations that have them, the person's fields (sealed), and disclosures of her
that were received.
"""
