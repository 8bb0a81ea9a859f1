"""spaCy: folders of vectors that it wrote, the numbers that it gives to strings, and our folders and texts in it."""
