"""Live codes (活码): a stable code in front of a pool of groups that changes behind it (M01–M04)."""
