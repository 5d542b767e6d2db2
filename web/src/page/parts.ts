import { html, nothing, type TemplateResult } from "lit";
import type { Followable } from "../client/index.ts";
import { type IconName, icon } from "../components/icons.ts";
import type { Suggested } from "./catalogue.ts";
import type { Session } from "./session.ts";

/** What a narrow screen shows one at a time; a wide one shows the first two side by side. */
export type View = "inbox" | "following" | "events";

const VIEWS: readonly (readonly [View, IconName, string])[] = [
  ["inbox", "inbox", "Inbox"],
  ["following", "star", "Following"],
  ["events", "log", "Events"],
];

/** The bar at a narrow screen's foot. */
export function tabs(current: View, show: (view: View) => void): TemplateResult {
  return html`<nav aria-label="Views">
    ${VIEWS.map(
      ([view, name, label]) => html`<button
        type="button"
        aria-current=${current === view ? "page" : nothing}
        @click=${() => show(view)}
      >${icon(name, 22)}${label}</button>`,
    )}
  </nav>`;
}

/** What the inbox shows while nothing has come: what to do, or that all is well. */
export function nothingYet({ follows, suggested, followed }: Session): TemplateResult {
  if (follows.length > 0) {
    return html`<div slot="empty" class="nothing">
      <span class="art">${icon("departure", 28)}</span>
      <h3>Waiting for something to happen</h3>
      <p class="muted">You follow ${follows.length}. What happens to them appears here by itself.</p>
    </div>`;
  }
  return html`<div slot="empty" class="nothing">
    <span class="art">${icon("star", 28)}</span>
    <h3>Follow something to begin</h3>
    <p class="muted">Pick a busy one, or search for your own flight.</p>
    ${suggestions(suggested, followed, "center")}
  </div>`;
}

function suggestions(
  suggested: Suggested | null,
  followed: ReadonlySet<string>,
  align: "center" | "start",
): TemplateResult | typeof nothing {
  if (suggested === null) return nothing;
  const { bundle, single } = suggested;
  if (single.length === 0) {
    return html`<p class="muted waiting">No source has announced anything to follow yet; looking again.</p>`;
  }
  return html`<tidings-suggestions
    align=${align}
    .bundle=${bundle}
    bundleName=${bundle.length === 3 ? "the three New York airports" : "the New York airports"}
    .single=${single}
    .followed=${followed}
  ></tidings-suggestions>`;
}

/** Search, what is followed, and more of it. */
export function following({ follows, followed, catalogue, preferences, suggested }: Session): TemplateResult {
  const known: ReadonlyMap<string, Followable> = new Map(catalogue.known);
  return html`<aside class="following panel" aria-labelledby="following">
    <div class="panel-head"><h2 id="following">Following</h2><span class="muted">${follows.length || ""}</span></div>
    <div class="search">
      <tidings-follow-search
        .search=${(text: string) => catalogue.search(text)}
        .followed=${followed}
      ></tidings-follow-search>
    </div>
    ${
      follows.length === 0
        ? html`<p class="hint muted">Airports, routes and flights that you follow are listed here.</p>`
        : html`<div class="list">
            <tidings-following
              .follows=${follows}
              .known=${known}
              .muted=${new Set(preferences?.muted_topics)}
            ></tidings-following>
            <div class="hint"><h3>More to follow</h3>${suggestions(suggested, followed, "start")}</div>
          </div>`
    }
  </aside>`;
}
