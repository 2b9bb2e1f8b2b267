"""A library for the simulated country: 120 examples by people who do not exist, so that the whole cycle can be tried.

`people` who they are; `stories` what each tells of, and what is true of it; `lives` what becomes of each. They go
through the same rules as anybody's: handed in, scored by two, decided.
"""
