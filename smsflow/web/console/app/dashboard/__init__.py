"""`/app`: what needs attention, and how the company's SMS fare."""
