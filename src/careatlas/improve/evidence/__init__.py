"""The library of evidence: examples that were written, assessed, matched to who needs them, and followed to results.

A room each, from the bottom: `measuring` what the atlas measures of an example; `writing` the form and its files;
`notices` who is told; `assessing` two assessors and a publisher; `matching` who could gain; `following` who does it
too, what came of it, and conversations. Beside them: `models` what is kept; `impartial` and `voices` who may judge
and speak for whom; `finding` search and `full_text` its engines; `arriving` what a new release sets off; `seed` the
simulated country's library.
"""
