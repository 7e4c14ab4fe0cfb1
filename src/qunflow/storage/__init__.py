"""Where the product keeps its data: PostgreSQL and blobs."""
