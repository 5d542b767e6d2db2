/** `act`, but at most once a frame (a quarter of a second in a hidden tab), however often it is asked for. */
export function coalesced(act: () => void): () => void {
  let due = false;
  const run = () => {
    due = false;
    act();
  };
  return () => {
    if (due) return;
    due = true;
    if (document.hidden) setTimeout(run, 250);
    else requestAnimationFrame(run);
  };
}
