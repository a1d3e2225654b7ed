"""Ways out: how a message reaches an operator."""
