"""The parts of make_fixtures.py: `base` (helpers), `truth` (the .json next to each file), the rest write files."""
