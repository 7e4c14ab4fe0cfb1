"""What the product does: one folder each, the same file names in each."""
