"""audit keeps a tamper-evident record of everything that its cell said and read, and proves that a disclosure was
logged.
"""
