"""What samples give away about single training records: attacks that somebody could run, scored against a control."""
