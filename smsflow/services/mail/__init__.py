"""Mail: what the platform writes to people, kept in the transaction of the fact and sent by the jobs process."""
