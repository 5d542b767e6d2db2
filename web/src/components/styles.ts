import { css } from "lit";

/** What every component shares; colours and sizes are custom properties that the page (or its host) sets. */
export const base = css`
  :host {
    display: block;
    box-sizing: border-box;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1, h2, h3, p, ul, ol, dl, dd, fieldset, figure {
    margin: 0;
    padding: 0;
    border: 0;
  }
  ul, ol {
    list-style: none;
  }
  h2 {
    font-size: 1.0625rem;
    font-weight: 650;
    letter-spacing: -0.01em;
  }
  svg {
    display: block;
    flex: none;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .sr-only {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .muted {
    color: var(--muted);
  }
  .mono {
    font-family: var(--mono);
    font-size: 0.8125rem;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;

export const controls = css`
  button {
    font: inherit;
    color: inherit;
    cursor: pointer;
    border-radius: 9px;
    border: 1px solid transparent;
    background: none;
    padding: 0;
    -webkit-tap-highlight-color: transparent;
  }
  button:disabled {
    cursor: default;
    opacity: 0.55;
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.45rem;
    min-height: 36px;
    padding: 0 0.85rem;
    font-size: 0.9rem;
    font-weight: 550;
    border-color: var(--line-strong);
    background: var(--surface);
    transition: background-color 0.15s, border-color 0.15s;
  }
  .button:hover:not(:disabled) {
    background: var(--hover);
  }
  .button.primary {
    background: var(--accent-fill);
    border-color: var(--accent-fill);
    color: var(--on-accent);
  }
  .button.primary:hover:not(:disabled) {
    background: var(--accent-fill-hover);
  }
  .button.quiet {
    border-color: transparent;
    background: none;
    color: var(--accent);
  }
  .button.quiet:hover:not(:disabled) {
    background: var(--hover);
  }
  .icon-button {
    display: inline-grid;
    place-items: center;
    width: 36px;
    height: 36px;
    color: var(--muted);
    transition: background-color 0.15s, color 0.15s;
  }
  .icon-button:hover:not(:disabled) {
    background: var(--hover);
    color: var(--ink);
  }
  .icon-button[aria-pressed="true"] {
    color: var(--accent);
  }
  input,
  select {
    font: inherit;
    font-size: 0.9375rem;
    color: var(--ink);
    background: var(--field);
    border: 1px solid var(--field-line);
    border-radius: 9px;
    min-height: 40px;
    padding: 0 0.7rem;
    width: 100%;
  }
  input::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  input[type="checkbox"] {
    width: 18px;
    height: 18px;
    min-height: 0;
    margin: 0;
    accent-color: var(--accent-fill);
  }
`;

export const panel = css`
  .panel {
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: 16px;
    box-shadow: var(--shadow);
  }
  .panel-head {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    min-height: 60px;
    padding: 0.6rem 1.1rem;
  }
  .panel-head h2 {
    flex: 1;
  }
`;
