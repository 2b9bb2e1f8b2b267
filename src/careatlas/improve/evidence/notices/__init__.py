"""Who is told what, in the atlas and by letter."""
