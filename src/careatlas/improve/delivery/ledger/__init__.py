"""What was saved and who may claim it: pools from releases, claims on them, and sums that agree whichever way."""
