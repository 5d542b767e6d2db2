import { css } from "lit";

export const feedStyle = css`
  .panel {
    overflow: clip;
  }
  .filter {
    display: flex;
    padding: 3px;
    border-radius: 11px;
    background: var(--hover);
  }
  .filter button {
    min-height: 30px;
    padding: 0 0.75rem;
    border-radius: 8px;
    font-size: 0.875rem;
    color: var(--muted);
    font-variant-numeric: tabular-nums;
  }
  .filter button[aria-pressed="true"] {
    color: var(--ink);
    background: var(--surface);
    box-shadow: var(--shadow-small);
    font-weight: 600;
  }
  article {
    display: grid;
    grid-template-rows: 1fr;
    border-top: 1px solid var(--line);
  }
  article:focus-visible {
    outline-offset: -2px;
    border-radius: 4px;
  }
  .fresh {
    animation: arrive 0.45s cubic-bezier(0.2, 0.8, 0.2, 1), glow 2.5s ease-out;
  }
  @keyframes arrive {
    from {
      grid-template-rows: 0fr;
      opacity: 0;
    }
  }
  tidings-feed-item {
    min-height: 0;
    overflow: hidden;
  }
  @keyframes glow {
    from {
      background: var(--accent-soft);
    }
  }
  .more {
    width: 100%;
    border-radius: 0;
    border-top: 1px solid var(--line);
    min-height: 48px;
  }
  .empty {
    display: grid;
    justify-items: center;
    gap: 0.4rem;
    padding: 2.6rem 1.25rem 3rem;
    border-top: 1px solid var(--line);
    text-align: center;
  }
  .empty h3 {
    font-size: 1.0625rem;
    font-weight: 650;
  }
  .art {
    display: grid;
    place-items: center;
    width: 56px;
    height: 56px;
    margin-bottom: 0.4rem;
    border-radius: 18px;
    color: var(--good);
    background: var(--good-soft);
  }
  .bone {
    width: 100%;
    height: 48px;
    margin-bottom: 0.6rem;
    border-radius: 12px;
    background: var(--hover);
    animation: breathe 1.4s ease-in-out infinite alternate;
  }
  @keyframes breathe {
    to {
      opacity: 0.45;
    }
  }
  @media (max-width: 560px) {
    .wide {
      display: none;
    }
  }
  @media (min-width: 561px) {
    .narrow {
      display: none;
    }
  }
`;
