import { css } from "lit";

export const eventLogStyle = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    padding: 0.6rem 1.1rem;
  }
  .tools input {
    flex: 1 1 140px;
    min-height: 36px;
    font-size: 0.875rem;
  }
  .tools .button {
    font-size: 0.8438rem;
    padding: 0 0.7rem;
  }
  ol {
    flex: 1;
    overflow: auto;
    font: 0.7813rem / 1.5 var(--mono);
    border-top: 1px solid var(--line);
  }
  li {
    border-bottom: 1px solid var(--line);
  }
  li > button {
    display: grid;
    grid-template-columns: 14px 6.6rem 7.2rem minmax(0, 1fr) 6rem;
    align-items: center;
    gap: 0.6rem;
    width: 100%;
    padding: 0.3rem 1.1rem;
    border-radius: 0;
    text-align: left;
  }
  li > button:hover {
    background: var(--hover);
  }
  li > button:focus-visible,
  pre:focus-visible {
    outline-offset: -2px;
  }
  .chevron {
    transform: rotate(-90deg);
    color: var(--muted);
    transition: transform 0.15s;
  }
  [aria-expanded="true"] .chevron {
    transform: none;
  }
  time,
  .id {
    color: var(--muted);
  }
  .id {
    text-align: right;
  }
  .event {
    font-weight: 650;
    color: var(--info);
  }
  .notification {
    color: var(--accent);
  }
  .ready {
    color: var(--good);
  }
  .reset,
  .bye {
    color: var(--danger);
  }
  .heartbeat {
    color: var(--muted);
  }
  .data {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  pre {
    margin: 0;
    padding: 0.6rem 1.1rem 0.9rem 2.5rem;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    font: inherit;
    background: var(--hover-soft);
  }
  pre span {
    color: var(--muted);
  }
  .empty {
    padding: 1.6rem 1.1rem;
    border-top: 1px solid var(--line);
    text-align: center;
    color: var(--muted);
    font-size: 0.9063rem;
  }
  @media (max-width: 640px) {
    .tools input {
      flex-basis: 100%;
    }
    .tools .button {
      flex: 1;
    }
    li > button {
      grid-template-columns: 14px 6.4rem minmax(0, 1fr);
    }
    .data,
    .id {
      display: none;
    }
  }
`;
