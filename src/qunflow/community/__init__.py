"""The shared core of people and groups: who is who, and who is in which group (architecture.md §5)."""
