"""Delivery: plans, what they save as claimed and as evidenced, and what is reported of them.

A room each, from the bottom: `planning` plans and what is in them; `ledger` pools, claims and sums; `reporting` monthly
returns, report card, spreadsheet. `models` is what is kept.
"""
