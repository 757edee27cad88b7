"""Reports for a terminal, as rich renderables: print them with a console on standard output."""

from __future__ import annotations

from havenlake.reports.plan_report import plan_table
from havenlake.reports.run_summary import summary
from havenlake.reports.status_report import drift_table, runs_table, status_table
from havenlake.reports.why_report import why_text

__all__ = ["drift_table", "plan_table", "runs_table", "status_table", "summary", "why_text"]
