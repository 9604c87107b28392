"""The tables of consent: records with their revisions, disclosures with their ledger, grants, and agreements."""
