"""Doing what an example did, and what came of it; conversations; what a person wants to hear of."""
