"""The difference as one HTML page that needs no network."""

from __future__ import annotations

from html import escape

from tidings.whatif.difference import ADDED, CHANGED, REMOVED, SAME, Difference, Row

_MOST = 2000  # rows on a page
_STYLE = """
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{padding:.35rem .6rem;text-align:left;border-bottom:1px solid #8884}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.added{color:#0a7d33}.removed{color:#c0262d}.changed{color:#a56a00}
@media(prefers-color-scheme:dark){.added{color:#5bd587}.removed{color:#ff8087}.changed{color:#f0b95a}}
"""


def page(found: Difference, title: str, about: str) -> str:
    """The page's text. `about` says which events and rules."""
    head = "".join(f"<th class=n>{kind}</th>" for kind in (ADDED, REMOVED, CHANGED, SAME))
    rules = sorted({rule for rule, _ in found.counts})
    body = "".join(_rule(rule, found) for rule in rules)
    rows = "".join(map(_row, found.rows[:_MOST]))
    more = f"<p>… and {len(found.rows) - _MOST:,} more.</p>" if len(found.rows) > _MOST else ""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1><p>{escape(about)}</p>"
        f"<p>{found.users_before:,} users were told; {found.users_after:,} would be.</p>"
        f"<table><thead><tr><th>rule</th>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<table><thead><tr><th>change</th><th>rule</th><th>user</th><th>event</th>"
        f"<th>was sent</th><th>would be sent</th>"
        f"</tr></thead><tbody>{rows}</tbody></table>{more}</html>"
    )


def _rule(rule: str, found: Difference) -> str:
    cells = "".join(
        f"<td class='n {kind}'>{found.counts.get((rule, kind), 0):,}</td>" for kind in (ADDED, REMOVED, CHANGED, SAME)
    )
    return f"<tr><td>{escape(rule)}</td>{cells}</tr>"


def _row(row: Row) -> str:
    when = f"{row.event_time:%Y-%m-%d %H:%M}"
    cells = (row.rule, row.user, f"{row.event_id} {when}", row.before, row.after)
    return f"<tr><td class={row.change}>{row.change}</td>" + "".join(f"<td>{escape(c)}</td>" for c in cells) + "</tr>"
