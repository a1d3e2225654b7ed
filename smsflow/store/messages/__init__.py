"""Messages: accepted, queued, sent, and settled by their receipts."""
