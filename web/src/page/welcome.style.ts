import { css } from "lit";

export const welcomeStyle = css`
  :host {
    position: relative;
    overflow: clip;
    display: grid;
    align-content: center;
    min-height: calc(100dvh - 61px);
  }
  .map {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    mask-image: linear-gradient(#000 60%, transparent);
  }
  .land {
    fill: color-mix(in srgb, var(--land) 70%, var(--ground));
    stroke: var(--line);
  }
  .borders {
    fill: none;
    stroke: var(--line);
    opacity: 0.6;
  }
  .line {
    fill: none;
    stroke: var(--accent);
    stroke-width: 2;
    stroke-linecap: round;
    stroke-dasharray: 0.14 0.86;
    opacity: 0.55;
    animation: travel 5s linear infinite;
  }
  .line:nth-child(2n) {
    animation-duration: 7s;
    animation-delay: -3s;
  }
  @keyframes travel {
    from { stroke-dashoffset: 1; }
    to { stroke-dashoffset: 0; }
  }
  .content {
    position: relative;
    display: grid;
    grid-template-columns: minmax(0, 1.25fr) minmax(0, 400px);
    align-items: center;
    gap: 3rem 5rem;
    max-width: 1160px;
    margin: 0 auto;
    padding: 2rem 1.5rem 12vh;
  }
  h1 {
    font-size: clamp(2.1rem, 5vw, 3.5rem);
    font-weight: 780;
    line-height: 1.07;
    letter-spacing: -0.035em;
    text-wrap: balance;
  }
  .lead {
    max-width: 34rem;
    margin-top: 1.1rem;
    font-size: 1.125rem;
    color: var(--muted);
    text-wrap: pretty;
  }
  ul {
    display: grid;
    gap: 1.1rem;
    margin-top: 2.2rem;
  }
  li {
    display: grid;
    grid-template-columns: 40px minmax(0, 1fr);
    gap: 0 1rem;
    align-items: center;
  }
  .art {
    display: grid;
    place-items: center;
    width: 40px;
    height: 40px;
    border-radius: 12px;
    color: var(--accent);
    background: var(--accent-soft);
  }
  li strong {
    display: block;
    font-weight: 650;
  }
  li p {
    font-size: 0.9375rem;
    line-height: 1.4;
    color: var(--muted);
  }
  @media (max-width: 860px) {
    .content {
      grid-template-columns: minmax(0, 1fr);
      padding: 2rem 1.1rem 3rem;
    }
    tidings-sign-in {
      order: 0;
    }
  }
`;
