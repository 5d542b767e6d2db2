// One client from npm, run by node: prints what its listeners get, one JSON object a line.
// node client.mjs eventsource|fetch-event-source URL
const [library, url] = process.argv.slice(2);
const KINDS = ["notification", "read-state", "ready", "reset", "summary", "bye", "message", "named"];

const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const saw = (type, data, id) => say({ type, data, id });

if (library === "eventsource") {
  const { EventSource } = await import("eventsource");
  const source = new EventSource(url);
  for (const kind of KINDS) source.addEventListener(kind, (e) => saw(kind, e.data, e.lastEventId));
} else {
  globalThis.window = globalThis; // it was written for browsers and takes their timers and fetch
  const { fetchEventSource } = await import("@microsoft/fetch-event-source");
  let last = "";
  await fetchEventSource(url, {
    openWhenHidden: true,
    onmessage({ event, data, id }) {
      last = id || last; // it tells of each frame the id that the frame has, not the last one
      if (data || event) saw(event || "message", data, last);
    },
    onclose() {
      throw new Error("come again"); // its way of asking for a reconnection
    },
    onerror() {}, // no number: after the time that the stream's `retry` said
  });
}
