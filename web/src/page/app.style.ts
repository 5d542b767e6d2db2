import { css } from "lit";

export const appStyle = css`
  :host {
    min-height: 100dvh;
  }
  main {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 380px;
    align-items: start;
    gap: 1.25rem;
    max-width: 1320px;
    margin: 0 auto;
    padding: 1.25rem 1.25rem 5rem;
  }
  .log-open {
    padding-bottom: 24rem;
  }
  .watch {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1.25rem;
  }
  .following {
    position: sticky;
    top: 81px;
    max-height: calc(100dvh - 150px);
    display: flex;
    flex-direction: column;
  }
  .list {
    min-height: 0;
    overflow: auto;
    border-radius: 0 0 16px 16px;
  }
  tidings-following {
    border-bottom: 1px solid var(--line);
  }
  .search {
    position: relative;
    z-index: 2;
    padding: 0 1.1rem 1rem;
  }
  .hint h3 {
    margin: 0.9rem 0 -0.2rem;
    font-size: 0.8125rem;
    font-weight: 600;
    color: var(--muted);
  }
  .hint {
    padding: 0.2rem 1.1rem 1.2rem;
    font-size: 0.9063rem;
  }
  .nothing {
    display: grid;
    justify-items: center;
    gap: 0.3rem;
  }
  .nothing h3 {
    margin: 0;
    font-size: 1.0625rem;
    font-weight: 650;
  }
  .nothing tidings-suggestions,
  .waiting {
    margin-top: 1rem;
  }
  .art {
    display: grid;
    place-items: center;
    width: 56px;
    height: 56px;
    margin-bottom: 0.6rem;
    border-radius: 18px;
    color: var(--accent);
    background: var(--accent-soft);
  }
  .log {
    position: fixed;
    z-index: 10;
    inset: auto 0 0;
    display: flex;
    flex-direction: column;
    background: var(--surface);
    border-top: 1px solid var(--line);
    box-shadow: var(--shadow-large);
  }
  .log.open {
    height: 22rem;
  }
  .log tidings-event-log {
    flex: 1;
    width: 100%;
    max-width: 1320px;
    margin: 0 auto;
  }
  .handle {
    display: flex;
    align-items: center;
    gap: 0.6rem;
    width: 100%;
    max-width: 1320px;
    min-height: 44px;
    margin: 0 auto;
    padding: 0 1.25rem;
    border-radius: 0;
    font-size: 0.875rem;
    font-weight: 600;
    color: var(--muted);
  }
  .handle:hover {
    color: var(--ink);
  }
  .handle .chevron {
    margin-left: auto;
    transform: rotate(180deg);
  }
  .handle[aria-expanded="true"] .chevron {
    transform: none;
  }
  nav {
    display: none;
  }
  .toast {
    position: fixed;
    z-index: 30;
    left: 50%;
    bottom: 4.5rem;
    transform: translateX(-50%);
    width: max-content;
    max-width: calc(100vw - 2rem);
    padding: 0.7rem 1.1rem;
    border-radius: 12px;
    font-size: 0.9375rem;
    color: var(--surface);
    background: var(--ink);
    box-shadow: var(--shadow-large);
  }
  @media (max-width: 940px) {
    main {
      grid-template-columns: minmax(0, 1fr);
      gap: 0.9rem;
      padding: 0.75rem 0.75rem 5.5rem;
    }
    .watch {
      gap: 0.75rem;
    }
    .following {
      position: static;
      max-height: none;
    }
    .watch,
    .following {
      display: none;
    }
    .show-inbox .watch {
      display: grid;
    }
    .show-following .following {
      display: flex;
      min-height: calc(100dvh - 150px);
    }
    .log {
      display: none;
    }
    .log.show-events {
      display: flex;
      inset: 61px 0 62px;
      height: auto;
      z-index: 1;
    }
    .handle {
      display: none;
    }
    nav {
      position: fixed;
      z-index: 15;
      inset: auto 0 0;
      display: grid;
      grid-template-columns: repeat(3, 1fr);
      padding-bottom: env(safe-area-inset-bottom);
      background: color-mix(in srgb, var(--surface) 92%, transparent);
      backdrop-filter: blur(14px);
      border-top: 1px solid var(--line);
    }
    nav button {
      display: grid;
      justify-items: center;
      align-content: center;
      gap: 1px;
      min-height: 62px;
      border-radius: 0;
      font-size: 0.75rem;
      font-weight: 600;
      color: var(--muted);
    }
    nav button[aria-current] {
      color: var(--accent);
    }
    .toast {
      bottom: 5rem;
    }
  }
`;
