"""How anything written is kept: every change with who, when and why; nobody's words lost; nothing done twice.

`keeping` is the only way in: it changes a row where its version is still the one the writer saw, and writes the change
into `chain`, whose every entry holds the hash of the one before, in the same transaction.
"""
