"""The class of the sealed value of an erasure."""

REASON = "erasure.reason"
