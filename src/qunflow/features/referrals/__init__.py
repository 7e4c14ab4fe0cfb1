"""Referral outside campaigns: a customer recommends a friend for something rare and dear (M132)."""
