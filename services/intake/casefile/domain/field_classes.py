"""The classes of what is sealed besides the fields of the case file: each ciphertext is bound to one."""

FLAGS, CHANGE_REASON, GLASS = "case.flags", "fields.reason", "glass.why"
