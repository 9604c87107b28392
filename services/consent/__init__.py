"""Consent: what the person agreed to, which disclosures to whom follow from that, and how each disclosure went on."""
