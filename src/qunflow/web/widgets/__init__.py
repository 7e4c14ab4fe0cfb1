"""What pages of the console are built of: lists, figures, forms, charts, questions, live parts, progress."""
