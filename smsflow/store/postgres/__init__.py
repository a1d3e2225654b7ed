"""PostgreSQL itself: connections, transactions, arrays, partitions, and the server that we embed."""
