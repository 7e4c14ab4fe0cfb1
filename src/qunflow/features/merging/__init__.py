"""Two of our persons turn out to be one human (campaigns.md §0.1, §7; docs/decisions/0022)."""
