"""The benchmarks. `make bench` prints one JSON object a figure; nothing here asserts a time."""
