"""Plans for the simulated country, so that a year of delivery can be tried: who does what, what they claim, what came.

`works` what is done; `costs` what months cost, and what was planted in them; `parts` what belongs to an initiative;
`boards` one board's plan; `projects` one without a plan; `country` all of them. What counts in the end is worked out by
the ledger as for anybody: nobody writes an outcome.
"""
