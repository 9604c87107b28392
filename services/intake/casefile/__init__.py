"""The case file: cases and who has them, what is known of the person (sealed), and what came of her from elsewhere."""
