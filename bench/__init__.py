"""Speed and quality of fastemb beside other trainers; not part of the package."""
