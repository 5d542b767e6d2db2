import { css } from "lit";

export const preferencesStyle = css`
  dialog {
    width: min(560px, calc(100vw - 2rem));
    max-height: min(760px, calc(100dvh - 2rem));
    padding: 0;
    border: 1px solid var(--line);
    border-radius: 18px;
    color: var(--ink);
    background: var(--surface);
    box-shadow: var(--shadow-large);
  }
  dialog::backdrop {
    background: var(--scrim);
  }
  form {
    display: flex;
    flex-direction: column;
    max-height: inherit;
  }
  .head,
  .foot {
    display: flex;
    align-items: center;
    gap: 0.6rem;
    padding: 0.9rem 1.25rem;
  }
  .head {
    border-bottom: 1px solid var(--line);
  }
  .head h2 {
    flex: 1;
  }
  .foot {
    justify-content: flex-end;
    border-top: 1px solid var(--line);
  }
  .body {
    display: grid;
    gap: 1.5rem;
    padding: 1.25rem;
    overflow: auto;
  }
  legend {
    padding: 0;
    margin-bottom: 0.6rem;
    font-weight: 650;
  }
  .pair {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 0.9rem;
  }
  label {
    display: grid;
    gap: 0.3rem;
    font-size: 0.875rem;
    color: var(--muted);
  }
  label.check {
    display: flex;
    align-items: center;
    gap: 0.6rem;
    min-height: 32px;
    font-size: 0.9375rem;
    color: var(--ink);
  }
  div.pair {
    margin-top: 0.7rem;
  }
  .days {
    display: flex;
    flex-wrap: wrap;
    gap: 0.4rem;
    margin-top: 0.8rem;
  }
  .days button {
    flex: 1;
    min-height: 36px;
    padding: 0 0.4rem;
    font-size: 0.875rem;
    border-color: var(--line-strong);
  }
  .days button[aria-pressed="true"] {
    color: var(--on-accent);
    background: var(--accent-fill);
    border-color: var(--accent-fill);
  }
  .kinds {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(190px, 1fr));
    gap: 0 1rem;
  }
  li {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 1rem;
    font-size: 0.9375rem;
  }
  p {
    font-size: 0.9063rem;
  }
  @media (max-width: 480px) {
    fieldset.pair {
      grid-template-columns: 1fr;
    }
  }
`;
