"""How fast a full load is, beside the plainest load Spark can do and the one a good engineer writes by hand.

`python -m benchmarks` runs everything in one warm session, interleaved, and prints seconds and ratios.
"""
