"""From configuration to what is deployed: jobs and monitors as files, new instances, and what a change touches.

Nothing here reaches a network or starts Spark: the files are rendered, reviewed and committed, and Terraform reads
nothing else.
"""
