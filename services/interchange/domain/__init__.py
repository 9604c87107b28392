"""Files of rows in plain Python: cells, headings, and the rows of HTCDS."""
