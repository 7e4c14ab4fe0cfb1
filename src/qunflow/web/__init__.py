"""What console, pages and API share: signed links, visitors, templates, errors."""
