"""The classes of sealed values besides the fields of the case file: each ciphertext is bound to one."""

FLAGS_CLASS, CHANGE_REASON, GLASS = "case.flags", "fields.reason", "glass.why"
RELATION, LINK_ENDED = "dependant.relation", "dependant.reason"
