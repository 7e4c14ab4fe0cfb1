"""A WeCom that answers like WeCom: an HTTP server of its own, with the people who would use it."""
