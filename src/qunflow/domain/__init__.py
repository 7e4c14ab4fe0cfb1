"""The words that every part of qunflow shares. Standard library only; no clock, no I/O, no dice."""
