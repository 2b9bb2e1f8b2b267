"""What people write: who they are, the library of examples, plans. Figures come from releases."""
