"""Numbers from the event log: one definition each, and what they say (campaigns.md §11)."""
