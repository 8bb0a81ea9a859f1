"""What the C core should compute, written slowly and obviously. Never shipped."""
