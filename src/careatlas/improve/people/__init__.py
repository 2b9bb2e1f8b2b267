"""Who writes: people, their organisations, what each may do and where, and how they come in."""
