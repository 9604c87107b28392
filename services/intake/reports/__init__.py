"""Reports: what somebody tells of without a case. A call to the hotline, which may become a case, and an incident without a person."""
