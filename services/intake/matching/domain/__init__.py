"""The rules of matching in plain Python: how alike two records are, and the decision that two cases are of one person."""
