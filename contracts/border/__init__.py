"""The protocol between two cells: items, claims, the envelope around them, its checks, and the signed files that both
trust. No I/O.
"""
