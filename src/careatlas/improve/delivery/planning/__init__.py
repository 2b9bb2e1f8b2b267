"""Plans, initiatives and what belongs to them: who may write them, what they begin from, and which gates they pass."""
