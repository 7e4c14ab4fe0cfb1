"""A phone and a staff desk to act with by hand, in a browser, on the sandbox's control side."""
