"""What an example did, measured from a release: by one test where it was fixed before, by placebos where it was not."""
