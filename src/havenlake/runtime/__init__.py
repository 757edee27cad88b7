"""What the framework stands on: Spark session, storage, secret stores, clock, locks. Nothing starts at import."""
