"""Payouts (提现) of what people earned, and orders that they pay: each once, whatever gets lost (campaigns.md §7)."""
