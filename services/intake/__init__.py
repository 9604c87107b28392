"""Intake: opens cases, keeps who is assigned, what is known of the person (sealed), screenings, status, needs and holds."""
