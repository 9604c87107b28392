"""A country as data: the files of its folder that services read, their models, and what holds where a country says nothing."""
