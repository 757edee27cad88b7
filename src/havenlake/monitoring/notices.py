"""Records to one notice a run: what failed, why, since when, who owns it, what to type next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from havenlake.config.assets import Asset
from havenlake.monitoring.causes import Cause, causes, recovered
from havenlake.monitoring.points import logical_name
from havenlake.monitoring.signals import Notice, NoticeItem
from havenlake.records import LedgerEntry, RunRecord, Status

_RANK = ("low", "medium", "high", "critical")


def run_notice(record: RunRecord, history: Sequence[LedgerEntry], assets: Mapping[str, Asset]) -> Notice | None:
    """The notice of one attempt; None when it brought nothing new. Assets by table name say who owns what."""
    bad = [_failure(record, cause, assets) for cause in causes(record, history) if not cause.known]
    bad += _kept_out(record, history, assets)
    back = recovered(record, history)
    good = [_recovery(record, [logical_name(r.target) for r in back])] if back else []
    return notice(record, (*bad, *good)) if bad or good else None


def notice(record: RunRecord, items: Sequence[NoticeItem]) -> Notice:
    """A message about a run."""
    context = record.context
    at = max((t.finished_at for t in record.tables if t.finished_at), default=record.finished_at)
    return Notice(at, context.workspace, context.environment, context.job, context.run_id, tuple(items))


def _failure(record: RunRecord, cause: Cause, assets: Mapping[str, Asset]) -> NoticeItem:
    found = [asset for r in cause.results if (asset := assets.get(r.target.rpartition(".")[2]))]
    owners = sorted({asset.owner for asset in found if asset.owner})
    workspace = record.context.workspace
    return NoticeItem(
        what="refused" if cause.status is Status.REFUSED else "failed",
        tables=tuple(sorted({logical_name(r.target) for r in cause.results})),
        why=f"{cause.error.code} {cause.error.message}",
        since=cause.since,
        owner=", ".join(owners),
        severity=max((asset.severity for asset in found), key=_RANK.index, default="medium"),
        hint=cause.error.hint,
        next=f"havenlake why {cause.results[0].target.rpartition('.')[2]} -w {workspace}; "
        f"havenlake run -w {workspace} --resume {record.run_id}",
    )


def _kept_out(record: RunRecord, history: Sequence[LedgerEntry], assets: Mapping[str, Asset]) -> list[NoticeItem]:
    """Rows of another zone, when the load before met none: the same rows come with every snapshot."""
    met = {e.result.target: e.result.counts.foreign for e in history if e.result.status.good}
    found = [r for r in record.tables if r.counts.foreign and not met.get(r.target)]
    return [
        NoticeItem(
            what=f"{r.counts.foreign} rows of another zone kept out",
            tables=(logical_name(r.target),),
            why=f"HL-RES-001 they do not belong to zone {record.context.zone}; the load went on",
            since=r.finished_at,
            owner=(asset.owner or "") if (asset := assets.get(r.target.rpartition(".")[2])) else "",
            severity="critical",
            hint="see the quarantine for their tokens and positions",
            next=f"havenlake why {r.target.rpartition('.')[2]} -w {record.context.workspace}",
        )
        for r in found
    ]


def _recovery(record: RunRecord, tables: Sequence[str]) -> NoticeItem:
    next_ = f"havenlake status -w {record.context.workspace}"
    return NoticeItem(
        "well again", tuple(sorted(tables)), "loaded after a failure", None, "", "low", None, next_, good=True
    )
