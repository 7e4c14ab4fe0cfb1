"""The host that plays any campaign model: what is the same for all of them (campaigns.md §0, §12, §13.1)."""
