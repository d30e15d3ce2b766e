"""The colours, by Okabe and Ito: colour-blind readers can distinguish them, in light and in dark mode.

Colour is never the only sign: a word or a position says the same.
"""

HIGH, MEDIUM, LOW = "#D55E00", "#E69F00", "#5B9BD5"
TIERS = {"High": HIGH, "Medium": MEDIUM, "Low": LOW}
ACCENT = "#2F7EB4"
MUTED = "#8A94A0"
HEAT = ("#FFF4E3", "#F5B971", "#DD6B17")
"""From few to many customers at risk."""

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1F6391"/>'
    '<path d="M6 9l7 8 5-4 8 10" fill="none" stroke="#fff" stroke-width="3.5" stroke-linejoin="round"/></svg>'
)
"""Drawn here, because Streamlit loads a named icon from another host."""

STYLE = """
<style>
:root { --ground: #f1f3f6; --line: color-mix(in srgb, currentColor 14%, transparent); }
[data-testid="stMainBlockContainer"] { max-width: 1240px; padding: 3.6rem 1.6rem 3rem; }
.band { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: baseline; font-size: .9rem; }
.band strong { font-size: 1.05rem; }
.pill { border: 1px solid var(--line); border-radius: 999px; padding: .05rem .65rem; white-space: nowrap; }
.pill.mark { border: 1.5px dashed #D55E00; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: .8rem; margin: .2rem 0; }
.card { border: 1px solid var(--line); border-radius: 12px; padding: .8rem 1rem;
  background: color-mix(in srgb, currentColor 3%, transparent); }
.card .value { font-size: 1.75rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
.card .label { font-size: .88rem; }
.card .change { font-size: .8rem; display: block; font-variant-numeric: tabular-nums; }
.card.main { grid-row: span 2; display: flex; flex-direction: column; justify-content: center; }
.card.main .value { font-size: 2.9rem; }
.change.good { color: #1a6b3c; } .change.bad { color: #a33c00; } .change.good, .change.bad { font-weight: 600; }
.spark { display: flex; align-items: flex-end; gap: 2px; height: 24px; margin: .2rem 0; }
.spark i { flex: 1; max-width: 9px; background: #2F7EB4; opacity: .55; border-radius: 1px; }
.spark i:last-child { opacity: 1; }
.card.main .spark { height: 44px; }
.headline p { margin: 0 0 .2rem; } .headline p:first-child { font-size: 1.3rem; font-weight: 600; line-height: 1.35; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: .4rem 1.6rem; }
.fact { border-top: 1px solid var(--line); padding: .45rem 0; font-size: .92rem; }
.fact .label { display: block; font-size: .82rem; }
.tabs { display: flex; gap: 1.2rem; font-size: .95rem; margin: -.4rem 0 .3rem; }
.tabs a { color: inherit; text-decoration: none; padding-bottom: .15rem; }
.tabs a[aria-current] { border-bottom: 2px solid #2F7EB4; font-weight: 600; }
.cards.compact .card { display: flex; gap: .6rem; align-items: baseline; padding: .3rem .8rem; }
.cards.compact .card .value { font-size: 1.15rem; }
.scroll.tall { max-height: 74vh; overflow: auto; }
.scroll.tall thead th { position: sticky; top: 0; z-index: 2; background: var(--ground); }
.scroll.tall thead a { font-weight: 600; text-decoration: none; }
.scroll.tall table.figures thead th { white-space: normal; }
.scroll.tall table.figures th, .scroll.tall table.figures td { padding: .42rem .55rem; }
.scroll.tall table.figures .wide { min-width: 10rem; }
.scroll.tall td[data-column=customer_id] { white-space: normal; overflow-wrap: anywhere; min-width: 7rem; }
.faint { color: color-mix(in srgb, currentColor 72%, transparent); }
.what { border-bottom: 1px dotted currentColor; cursor: help; }
.scroll { overflow-x: auto; max-width: 100%; border: 1px solid var(--line); border-radius: 12px; }
.scroll:focus-visible { outline: 2px solid #2F7EB4; }
table.figures { border-collapse: collapse; width: 100%; font-size: .88rem; margin: 0;
  font-variant-numeric: tabular-nums; }
table.figures th, table.figures td { padding: .42rem .75rem; text-align: left; border: 0;
  border-bottom: 1px solid var(--line); vertical-align: top; }
table.figures thead th { font-weight: 600; white-space: nowrap;
  background: color-mix(in srgb, currentColor 5%, transparent); }
table.figures td { white-space: nowrap; }
table.figures a { color: inherit; font-weight: 600; }
table.figures tr:last-child td { border-bottom: 0; }
table.figures .number { text-align: right; white-space: nowrap; }
table.figures .wide { min-width: 17rem; white-space: normal; }
.bar { display: block; height: 5px; border-radius: 3px; background: #2F7EB4; margin-top: .2rem; }
.dot { display: inline-block; width: .65em; height: .65em; border-radius: 50%; margin-right: .4em; }
.say { border: 1px solid var(--line); border-radius: 12px; padding: 1.1rem 1.3rem; max-width: 46rem; }
.say strong { display: block; font-size: 1.1rem; margin-bottom: .3rem; }
.say code { font-size: .92em; }
.note { font-size: .85rem; max-width: 60rem; margin: 0; }
.foot { border-top: 1px solid var(--line); padding-top: .6rem; margin-top: .5rem; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #1c2731; }
  .change.good { color: #7fd1a0; } .change.bad { color: #ffb28a; }
}
@media (min-width: 900px) { .cards:has(.main) { grid-template-columns: 1.6fr 1fr 1fr; } }
@media (max-width: 640px) {
  .scroll.tall { max-height: none; }
  .scroll.tall table, .scroll.tall tbody, .scroll.tall tr, .scroll.tall td { display: block; }
  .scroll.tall thead { display: none; }
  .scroll.tall tr { border-bottom: 6px solid var(--line); padding: .5rem 0; }
  .scroll.tall table.figures td { display: flex; gap: .8rem; justify-content: space-between; border: 0;
    white-space: normal; padding: .2rem .7rem; text-align: right; }
  .scroll.tall td::before { content: attr(data-label); font-weight: 600; text-align: left; }
  .card.main { grid-column: 1 / -1; } .card.main .value { font-size: 2.2rem; }
  [data-testid="stMainBlockContainer"] { padding: 4rem .8rem 2rem; }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem; }
  .card { padding: .6rem .7rem; } .card .value { font-size: 1.3rem; }
}
</style>
"""
