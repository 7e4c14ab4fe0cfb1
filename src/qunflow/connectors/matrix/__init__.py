"""Matrix: an application service's pushes in, client-server calls out (docs/connectors/matrix.md)."""
