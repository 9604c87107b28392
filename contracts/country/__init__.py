"""A country as data: the files of its folder that services read, their models, and the defaults where a country says
nothing.
"""
