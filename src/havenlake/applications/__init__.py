"""Applications: one file each, found by the `app_name` of a job."""
