"""Accounts in the browser: signing in, people and their roles, notices, keys for the API."""
