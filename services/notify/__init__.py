"""notify tells workers that something waits for them, in words that betray nobody, and says whether the notice arrived."""
