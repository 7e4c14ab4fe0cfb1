"""The shared risk rules (campaigns.md §6): what is looked at, what is held, what is denied, and who decides then."""
