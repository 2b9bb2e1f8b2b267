"""Two who cannot see each other's scores, a third where they disagree, and a publisher who decides."""
