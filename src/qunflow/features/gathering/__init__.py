"""One click makes a group of the active or of the paying (M138)."""
