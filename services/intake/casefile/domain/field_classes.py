"""The classes of sealed values besides the fields of the case file: each ciphertext is bound to one."""

FLAGS_CLASS, CHANGE_REASON, GLASS = "case.flags", "fields.reason", "glass.why"
RELATION, LINK_ENDED = "dependant.relation", "dependant.reason"
OWN_NUMBER = "case.own-number"
REVISED = frozenset({FLAGS_CLASS, OWN_NUMBER})
"""Classes that have revisions among those of the fields, and their present value elsewhere."""
