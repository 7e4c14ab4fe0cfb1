"""To-dos (待办): wishes that a channel leaves to a person, one card each, closed by what proves it (N4)."""
