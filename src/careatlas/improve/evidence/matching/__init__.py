"""Which examples an area could learn from, which areas could gain from one, and who is asked to write up how."""
