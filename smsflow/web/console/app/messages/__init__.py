"""`/app/messages`: the log, and one message with its timeline."""
