"""Measuring what one machine can do: the product's own processes under load, beside a named reference."""
