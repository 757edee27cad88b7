"""The scrubber: finds personal details in free text of four languages and seven countries, and replaces them.

A text goes through folding, recognisers of structured details, names, merging and operators. Nothing here knows
Spark, and nothing reaches out of the process.
"""
