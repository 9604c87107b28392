"""Her consents as pages: what they show, the questions of asking her, and what became of what was taken back."""
