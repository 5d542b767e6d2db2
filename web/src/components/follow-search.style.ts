import { css } from "lit";

export const followSearchStyle = css`
  .box {
    position: relative;
  }
  input {
    min-height: 44px;
    padding: 0 2.6rem 0 2.5rem;
    border-radius: 12px;
  }
  .lens {
    position: absolute;
    left: 13px;
    top: 13px;
    color: var(--muted);
    pointer-events: none;
  }
  kbd {
    position: absolute;
    right: 11px;
    top: 11px;
    min-width: 22px;
    padding: 1px 6px;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    font: 600 0.8125rem / 18px var(--mono);
    text-align: center;
    color: var(--muted);
    pointer-events: none;
  }
  input:focus + kbd {
    display: none;
  }
  @media (hover: none) {
    kbd {
      display: none;
    }
  }
  .list {
    position: absolute;
    z-index: 5;
    inset: calc(100% + 6px) 0 auto;
    border: 1px solid var(--line);
    border-radius: 14px;
    background: var(--surface);
    box-shadow: var(--shadow-large);
  }
  ul {
    max-height: 380px;
    overflow: auto;
    padding: 6px;
  }
  li {
    display: flex;
    align-items: center;
    gap: 0.7rem;
    padding: 0.5rem 0.6rem;
    border-radius: 10px;
    cursor: pointer;
  }
  li:hover,
  .active {
    background: var(--hover);
  }
  .kind {
    color: var(--muted);
  }
  .name {
    flex: 1;
    min-width: 0;
    display: grid;
    font-size: 0.9063rem;
  }
  .name > * {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  small {
    font-size: 0.8125rem;
    color: var(--muted);
  }
  .state {
    display: inline-flex;
    align-items: center;
    gap: 0.25rem;
    font-size: 0.8125rem;
    font-weight: 600;
    color: var(--accent);
  }
  .state.on {
    color: var(--good);
  }
  .note {
    padding: 0.8rem 0.7rem;
    font-size: 0.9063rem;
    color: var(--muted);
  }
`;
