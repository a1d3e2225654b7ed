"""The company's pages, a folder each."""
