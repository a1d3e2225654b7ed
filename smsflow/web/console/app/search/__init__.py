"""`/app/search?q=`: what the search field leads to."""
