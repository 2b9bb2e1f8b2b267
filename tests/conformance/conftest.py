"""Answers of independent packages beside ours. ``make conformance`` runs them, in an environment of their own.

Random tables are the same in every run: a thousand for each function, unless a test asks for fewer.
"""

from hypothesis import settings

settings.register_profile("conformance", max_examples=1000, deadline=None, derandomize=True)
settings.load_profile("conformance")
