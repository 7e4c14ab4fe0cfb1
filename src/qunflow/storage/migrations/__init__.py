"""The schema, one dated step after the other; never edited once released."""
