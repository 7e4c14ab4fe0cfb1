"""The models' arithmetic: pure functions from facts to fen."""
