"""The operations of the platform: one function, one transaction, lists in and lists out."""
