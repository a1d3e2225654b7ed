"""What is true about an SMS: pure functions and frozen values."""
