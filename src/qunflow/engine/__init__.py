"""The engine: every message, command and timer takes the same way, load → decide → commit."""
