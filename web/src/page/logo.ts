import { html, type TemplateResult } from "lit";

/** The mark of `public/icon.svg`. */
export function logo(size: number): TemplateResult {
  return html`<svg width=${size} height=${size} viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="9" fill="#2450d3" />
    <path d="M9.5 13.5 24 8l-5.5 14.5-3-5.8z" fill="#fff" />
    <path d="M7 24.5c3.2 0 5.5-1.8 6-4.5" fill="none" stroke="#ffc45c" stroke-width="2.4" stroke-linecap="round" />
  </svg>`;
}
