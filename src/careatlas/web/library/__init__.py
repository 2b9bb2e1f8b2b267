"""The library in the browser and over the API: finding, writing, assessing, matching, adopting, talking."""
