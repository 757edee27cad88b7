"""Colours and styles of the status page, for light and dark screens, paper and telephones.

Each text colour has at least the 4.5:1 contrast of WCAG AA on the grounds it is used on; a test computes it.
"""

from __future__ import annotations

LIGHT = {
    "ground": "#f6f7f9",
    "card": "#ffffff",
    "line": "#dfe3e8",
    "text": "#1a2230",
    "soft": "#566072",
    "link": "#1f5fbf",
    "ok": "#146c43",
    "ok-ground": "#e3f4ea",
    "warn": "#8a5300",
    "warn-ground": "#fdf1d8",
    "bad": "#b3261e",
    "bad-ground": "#fde8e6",
    "none": "#566072",
    "none-ground": "#eceff3",
}
DARK = {
    "ground": "#10151d",
    "card": "#18202b",
    "line": "#2c3746",
    "text": "#e8ecf2",
    "soft": "#a3afc0",
    "link": "#8ab8ff",
    "ok": "#7edba6",
    "ok-ground": "#143325",
    "warn": "#f5c469",
    "warn-ground": "#3a2b0c",
    "bad": "#ff9d94",
    "bad-ground": "#45191a",
    "none": "#a3afc0",
    "none-ground": "#253040",
}

_RULES = """
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
.page { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0; text-wrap: balance; }
h2 { font-size: 1.125rem; margin: 2.25rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0 0 .25rem; }
section > h3 { margin-top: 1.25rem; }
p { margin: .25rem 0; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .875em;
  overflow-wrap: anywhere; }
.brand { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1.5rem; margin-bottom: 1rem; }
.brand strong { font-size: 1.0625rem; }
.banner { border-radius: .75rem; padding: 1.25rem 1.5rem; border-left: .5rem solid; }
.banner .mood { font-weight: 700; display: flex; align-items: center; gap: .5rem; margin-bottom: .25rem; }
.banner h1 { color: var(--text); }
.ok { color: var(--ok); } .banner.ok { background: var(--ok-ground); }
.warn { color: var(--warn); } .banner.warn { background: var(--warn-ground); }
.bad { color: var(--bad); } .banner.bad { background: var(--bad-ground); }
.none { color: var(--none); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem; margin: 1rem 0 0; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
.tile { padding: .75rem 1rem; }
.tile dt { color: var(--soft); font-size: .875rem; }
.tile dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.tile dd small { display: block; font-size: .8125rem; font-weight: 400; color: var(--soft); }
.card { padding: 1rem 1.25rem; margin-bottom: .75rem; }
.card.alert { border-left: .375rem solid; }
.card.alert > * { color: var(--text); }
.card.alert .soft { color: var(--soft); }
.card.alert h3 { display: flex; flex-wrap: wrap; gap: .375rem .75rem; align-items: center; overflow-wrap: anywhere; }
.sheet { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; font-size: .9375rem; }
th, td { text-align: left; vertical-align: top; padding: .625rem .75rem; }
thead th { font-size: .8125rem; font-weight: 600; color: var(--soft); white-space: nowrap; }
tbody { border-top: 1px solid var(--line); }
tbody th, tbody td { overflow-wrap: anywhere; }
tbody th { font-weight: 600; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td .soft, th .soft { font-weight: 400; font-size: .8125rem; display: block; }
th .why { max-width: 24rem; }
td time, td time + .soft { white-space: nowrap; }
.pill { display: inline-flex; align-items: center; gap: .375rem; padding: .125rem .625rem .125rem .5rem;
  border-radius: 1rem; font-size: .8125rem; font-weight: 600; white-space: nowrap; }
.pill.ok { background: var(--ok-ground); } .pill.warn { background: var(--warn-ground); }
.pill.bad { background: var(--bad-ground); } .pill.none { background: var(--none-ground); }
.pill + .pill { margin-left: .25rem; }
.icon { width: 1em; height: 1em; flex: none; fill: none; stroke: currentColor; stroke-width: 2.25;
  stroke-linecap: round; stroke-linejoin: round; }
.spark { display: block; width: 9.375rem; height: 1.75rem; max-width: 100%; }
.spark .base { fill: var(--line); }
.spark .ok { fill: var(--ok); } .spark .bad { fill: var(--bad); }
.spark .warn { fill: var(--warn); } .spark .none { fill: var(--none); }
details { font-weight: 400; font-size: .875rem; }
summary { cursor: pointer; color: var(--link); width: fit-content; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
details dl, .facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .125rem .75rem;
  margin: .375rem 0; font-size: .875rem; font-weight: 400; }
details dt, .facts dt { color: var(--soft); }
details dd, .facts dd { margin: 0; overflow-wrap: anywhere; }
.sheet .more td { padding-top: 0; padding-bottom: .5rem; }
.sheet tr:not(:last-child) > * { padding-bottom: .25rem; }
.words { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: .75rem 2rem; margin: 0; }
.words dt { font-weight: 600; } .words dd { margin: 0; color: var(--soft); font-size: .9375rem; }
caption, .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .875rem; }
@media (max-width: 60rem) {
  .sheet { background: none; border: 0; overflow: visible; }
  .sheet table, .sheet tbody, .sheet tr, .sheet th, .sheet td { display: block; }
  .sheet thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .sheet tbody { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: .75rem 1rem;
    margin-bottom: .75rem; }
  .sheet tbody th, .sheet tbody td { padding: .1875rem 0; text-align: left; }
  .sheet tbody th { font-size: 1.0625rem; padding-bottom: .375rem; }
  .sheet td[data-label] { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .75rem;
    white-space: normal; }
  .sheet td[data-label]::before { content: attr(data-label); color: var(--soft); font-size: .875rem; }
  .page { padding: 1rem .75rem 2rem; }
  .banner { padding: 1rem; } h1 { font-size: 1.25rem; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .words { grid-template-columns: 1fr; }
}
@media print { body { background: none; } .sheet, .card, .tile { break-inside: avoid; } }
"""


def style_sheet() -> str:
    """The whole style sheet; the scheme follows the reader's system."""
    dark = f"@media (prefers-color-scheme: dark) {{ {_variables(DARK)} }}"
    return f"{_variables(LIGHT)}\n{dark}\n{_RULES.strip()}"


def _variables(colours: dict[str, str]) -> str:
    values = " ".join(f"--{name}: {value};" for name, value in colours.items())
    return f":root {{ color-scheme: light dark; {values} }}"
