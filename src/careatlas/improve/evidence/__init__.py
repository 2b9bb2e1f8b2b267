"""The library of evidence: examples that were written, assessed, matched to who needs them, and followed to results.

`models` what is kept; `examples` writing and submitting; `assessing` two assessors, gates and rating; `effect` what the
atlas measures; `matching` who could gain; `adopting` who does it too, and what came of it; `talking` threads and who
is told; `finding` search; `carrying` import and export.
"""
