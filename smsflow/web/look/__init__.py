"""The look: tokens, base style, icon and error page, shared by every door that people read in a browser."""
