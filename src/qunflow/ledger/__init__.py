"""The double-entry ledger: what should have been granted, less what was posted (campaigns.md §9, §12)."""
