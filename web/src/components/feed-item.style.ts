import { css } from "lit";

export const feedItemStyle = css`
  .item {
    --tone: var(--muted);
    --tone-soft: var(--hover);
    position: relative;
    display: grid;
    grid-template-columns: 40px minmax(0, 1fr);
    column-gap: 0.9rem;
    padding: 0.95rem 1.1rem;
    transition: background-color 0.2s;
  }
  .danger { --tone: var(--danger); --tone-soft: var(--danger-soft); }
  .warning { --tone: var(--warning); --tone-soft: var(--warning-soft); }
  .good { --tone: var(--good); --tone-soft: var(--good-soft); }
  .info { --tone: var(--info); --tone-soft: var(--info-soft); }
  .item:hover {
    background: var(--hover-soft);
  }
  .item > :not(.dot) {
    grid-column: 2;
  }
  .item > .look {
    grid-column: 1;
    grid-row: 1 / span 4;
  }
  .head {
    display: flex;
    align-items: baseline;
    gap: 1rem;
  }
  .head > time {
    flex: none;
    margin-left: auto;
    font-size: 0.8125rem;
    font-variant-numeric: tabular-nums;
    color: var(--muted);
  }
  .look {
    display: grid;
    place-items: center;
    width: 40px;
    height: 40px;
    border-radius: 12px;
    color: var(--tone);
    background: var(--tone-soft);
  }
  .dot {
    position: absolute;
    left: 5px;
    top: 31px;
    width: 7px;
    height: 7px;
    border-radius: 50%;
    background: var(--accent);
  }
  h3 {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.15rem 0.5rem;
    font-size: 0.9688rem;
    font-weight: 450;
    line-height: 1.4;
    overflow-wrap: anywhere;
  }
  .unread h3 {
    font-weight: 650;
  }
  p {
    margin-top: 1px;
    color: var(--muted);
    font-size: 0.9063rem;
    line-height: 1.45;
    overflow-wrap: anywhere;
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 0.25rem;
    padding: 1px 7px 1px 5px;
    border-radius: 6px;
    font-size: 0.75rem;
    font-weight: 650;
    color: var(--tone);
    border: 1px solid color-mix(in srgb, var(--tone) 45%, transparent);
    background: var(--tone-soft);
  }
  .critical .badge {
    color: var(--on-danger);
    background: var(--danger-fill);
    border-color: transparent;
  }
  .meta {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.3rem 0.8rem;
    margin-top: 0.45rem;
    font-size: 0.8125rem;
    color: var(--muted);
  }
  .topic {
    display: inline-flex;
    align-items: center;
    gap: 0.3rem;
    max-width: 100%;
    padding: 2px 8px 2px 6px;
    border-radius: 7px;
    background: var(--hover);
    color: var(--ink);
  }
  a {
    color: var(--accent);
  }
  .digest {
    margin: 0.35rem 0 0 1rem;
    list-style: disc;
    font-size: 0.875rem;
    color: var(--muted);
  }
  .actions {
    display: flex;
    margin: -9px -7px -9px auto;
    opacity: 0;
    transition: opacity 0.15s;
  }
  .item:hover .actions,
  :host(:focus-within) .actions {
    opacity: 1;
  }
  @media (hover: none) {
    .actions {
      opacity: 1;
    }
  }
  @media (max-width: 560px) {
    .actions {
      opacity: 1;
    }
    .item {
      grid-template-columns: 36px minmax(0, 1fr);
      padding: 0.85rem 0.9rem;
      column-gap: 0.75rem;
    }
    .item > :not(.dot) {
    grid-column: 2;
  }
  .item > .look {
    grid-column: 1;
    grid-row: 1 / span 4;
  }
  .head {
    display: flex;
    align-items: baseline;
    gap: 1rem;
  }
  .head > time {
    flex: none;
    margin-left: auto;
    font-size: 0.8125rem;
    font-variant-numeric: tabular-nums;
    color: var(--muted);
  }
  .look {
      width: 36px;
      height: 36px;
    }
    .dot {
      left: 4px;
      top: 27px;
    }
  }
`;
