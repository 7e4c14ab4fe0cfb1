"""One folder per platform, same file names in each; connectors do not import each other."""
