"""A person's way through the product, over real HTTP."""
