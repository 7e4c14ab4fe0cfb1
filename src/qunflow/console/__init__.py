"""The operator's console: accounts, shell, today, audit; it mounts the console pages of the features."""
