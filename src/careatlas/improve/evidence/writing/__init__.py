"""An example as its authors write it: the form, its files, and carrying it in and out."""
