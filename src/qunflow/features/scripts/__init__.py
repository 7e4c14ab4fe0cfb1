"""Scripts (话术): the right text to each person at the right moment, once, with an outcome (M05–M08, M10)."""
