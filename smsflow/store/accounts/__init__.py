"""Companies and the people, tokens and senders that belong to them."""
