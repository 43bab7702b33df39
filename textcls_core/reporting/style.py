"""How a report looks: light and dark, on screen and on paper; no file, no font from elsewhere."""

CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Lets the browser fetch nothing and run nothing, whatever the report contains."""

STYLE = """
:root { color-scheme: light dark; --ink: #1B2230; --soft: #5A6375; --paper: #FFFFFF;
  --line: #D9DDE5; --card: #F6F7F9; --accent: #4269D0; --warn: #A9340F; }
@media (prefers-color-scheme: dark) { :root { --ink: #E8EBF1; --soft: #A3ACBD; --paper: #12161F;
  --line: #323A4A; --card: #1A202C; --accent: #8FA9EE; --warn: #F3B08C; } }
@media print { :root { --ink: #000000; --soft: #444444; --paper: #FFFFFF; --line: #BBBBBB;
  --card: #FFFFFF; --accent: #2C4FAE; --warn: #A9340F; color-scheme: light; }
  main { max-width: none; padding: 0; } nav { display: none; }
  section, figure, tr { break-inside: avoid; } h2 { break-after: avoid; }
  .scroll { overflow: visible; } * { print-color-adjust: exact; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.25; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 20px; margin: 40px 0 8px; } h3 { font-size: 16px; margin: 20px 0 4px; }
p { margin: 8px 0; max-width: 76ch; } .lead { font-size: 18px; } .note { color: var(--soft); }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 16px 0; }
a { color: var(--accent); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px;
  margin: 20px 0; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px;
  background: var(--card); }
.card b { display: block; font-size: 24px; font-variant-numeric: tabular-nums; }
.card span { display: block; color: var(--soft); font-size: 13px; }
.scroll { overflow-x: auto; margin: 8px 0; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top;
  text-align: start; }
th { color: var(--soft); font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.words { overflow-wrap: break-word; max-width: 72ch; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 20px; margin: 8px 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.matrix { border-collapse: separate; border-spacing: 2px; font-size: 13px; }
.matrix th, .matrix td { border: 0; padding: 4px 8px; text-align: right; }
.matrix td { min-width: 40px; font-variant-numeric: tabular-nums; border-radius: 3px; }
.matrix th { font-weight: 500; max-width: 16ch; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.matrix .diagonal { background: var(--card); outline: 1px solid var(--line); font-weight: 600; }
.many td { min-width: 20px; padding: 2px 4px; font-size: 11px; }
.many th { font-size: 11px; padding: 2px 4px; }
.many thead th { writing-mode: vertical-rl; max-height: 14ch; vertical-align: bottom; }
figure { margin: 12px 0; } figcaption { color: var(--soft); font-size: 13px; }
svg { max-width: 100%; height: auto; display: block; }
svg text { fill: var(--soft); font-size: 12px; } .axis { stroke: var(--line); }
.ideal { stroke: var(--soft); stroke-dasharray: 4 4; } .whisker { stroke: var(--accent); }
.dot { fill: var(--accent); } .share { fill: var(--line); }
.missing { border-left: 3px solid var(--warn); padding-left: 12px; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px;
  overflow-wrap: anywhere; }
"""
