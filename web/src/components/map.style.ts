import { css } from "lit";

export const mapStyle = css`
  :host {
    position: relative;
    height: clamp(230px, 36dvh, 400px);
    overflow: hidden;
    background: var(--sea);
    border: 1px solid var(--line);
    border-radius: 16px;
    box-shadow: var(--shadow);
  }
  svg {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
  }
  .land {
    transition: transform 0.8s cubic-bezier(0.3, 0.1, 0.2, 1);
  }
  .land path {
    fill: var(--land);
    stroke: var(--coast);
    stroke-width: 1px;
    stroke-linejoin: round;
    vector-effect: non-scaling-stroke;
  }
  .land .borders {
    fill: none;
    stroke: var(--border);
  }
  .other {
    fill: var(--other-airport);
  }
  .other,
  .airport {
    transition: transform 0.8s cubic-bezier(0.3, 0.1, 0.2, 1);
  }
  .airport circle {
    fill: var(--accent);
    stroke: var(--land);
    stroke-width: 2px;
  }
  .airport text {
    font-size: 13px;
    font-weight: 700;
    letter-spacing: 0.02em;
    fill: var(--ink);
    paint-order: stroke;
    stroke: var(--land);
    stroke-width: 4px;
    stroke-linejoin: round;
  }
  .route {
    fill: none;
    stroke: var(--accent);
    stroke-width: 1.6px;
    stroke-dasharray: 1 5;
    stroke-linecap: round;
    opacity: 0.85;
  }
  .danger { --tone: var(--danger); }
  .warning { --tone: var(--warning-strong); }
  .good { --tone: var(--good); }
  .info, .neutral { --tone: var(--info); }
  .pulse circle {
    fill: var(--tone);
  }
  .pulse .ring {
    fill: none;
    stroke: var(--tone);
    stroke-width: 2px;
    animation: spread 1.9s ease-out 3 both;
  }
  .pulse .late {
    animation-delay: 0.5s;
  }
  @keyframes spread {
    from { transform: scale(0.6); opacity: 0.9; }
    to { transform: scale(6); opacity: 0; stroke-width: 0.4px; }
  }
  .flown {
    fill: none;
    stroke: var(--tone);
    stroke-width: 2px;
    stroke-dasharray: 1;
    animation: draw 2.6s ease-in-out both;
  }
  @keyframes draw {
    from { stroke-dashoffset: 1; }
    to { stroke-dashoffset: 0; }
  }
  .plane {
    fill: var(--tone);
    stroke: var(--land);
    stroke-width: 1px;
    offset-rotate: auto;
    animation: fly 2.6s ease-in-out both;
  }
  @keyframes fly {
    from { offset-distance: 0%; opacity: 0; }
    12% { opacity: 1; }
    88% { opacity: 1; }
    to { offset-distance: 100%; opacity: 0; }
  }
  .callout {
    animation: rise 6s ease both;
  }
  .callout rect {
    fill: var(--surface);
    stroke: var(--tone);
    stroke-width: 1.2px;
  }
  .callout text {
    font-size: 12.5px;
    font-weight: 600;
    fill: var(--ink);
  }
  @keyframes rise {
    from { opacity: 0; transform: translateY(8px); }
    6% { opacity: 1; transform: none; }
    90% { opacity: 1; }
    to { opacity: 0; }
  }
  @media (max-width: 640px) {
    :host {
      height: 230px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .plane,
    .late {
      display: none;
    }
    .pulse .ring {
      transform: scale(2.2);
    }
  }
`;
