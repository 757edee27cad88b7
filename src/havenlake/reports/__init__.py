"""Reports for people: states and reasons from ledger records, as a page, on a terminal, and while a run goes on."""
