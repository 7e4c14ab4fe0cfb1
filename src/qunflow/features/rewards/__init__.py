"""The reward inventory: what can be given, how much of it is left, and what became of each grant (campaigns.md §9)."""
