import { expect, test, vi } from "vitest";
import { fetchSource } from "../src/client/sources/fetch.ts";
import type { Handlers } from "../src/client/sources/source.ts";

/** Handlers that write down what they are told. */
function recorder() {
  const log: unknown[] = [];
  const handlers: Handlers = {
    opened: () => log.push("opened"),
    frame: ({ event, id, data }) => log.push([event, id, data]),
    failed: (failure) => log.push(failure),
  };
  return { log, handlers };
}

/** A server's answer, chunk by chunk. */
function answer(...chunks: string[]): Response {
  const bytes = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
  return new Response(bytes, { headers: { "Content-Type": "text/event-stream" } });
}

test("frames come through however the bytes were cut, and the end tells the server's retry", async () => {
  const { log, handlers } = recorder();
  const chunks = [
    "retry: 2500\n\nevent: noti",
    'fication\nid: c1\ndata: {"ti',
    'tle":"é"}\n\n',
    "id: c2\n\n",
  ];
  fetchSource({ fetch: async () => answer(...chunks) })("/v1/stream", handlers);
  await vi.waitFor(() => expect(log.at(-1)).toEqual({ kind: "ended", floor: 2500 }));
  expect(log.slice(0, -1)).toEqual(["opened", ["notification", "c1", '{"title":"é"}'], ["", "c2", ""]]);
});

test("lines may end as the standard allows, here by CR and LF", async () => {
  const { log, handlers } = recorder();
  const text = "id: c0\r\n\r\nevent: ready\r\nid: c1\r\ndata: {}\r\n\r\n";
  fetchSource({ fetch: async () => answer(text) })("/v1/stream", handlers);
  await vi.waitFor(() => expect(log).toContainEqual(["ready", "c1", "{}"]));
});

test("each connect asks for the token anew", async () => {
  const { log, handlers } = recorder();
  const sent: unknown[] = [];
  const source = fetchSource({
    token: async () => `token-${sent.length}`,
    fetch: async (_, init) => {
      sent.push(new Headers(init?.headers).get("Authorization"));
      return answer();
    },
  });
  source("/v1/stream", handlers);
  await vi.waitFor(() => expect(log).toHaveLength(2));
  source("/v1/stream", handlers);
  await vi.waitFor(() => expect(sent).toEqual(["Bearer token-0", "Bearer token-1"]));
});

test("a refusal tells its status", async () => {
  const { log, handlers } = recorder();
  fetchSource({ fetch: async () => new Response("{}", { status: 403 }) })("/v1/stream", handlers);
  await vi.waitFor(() => expect(log).toEqual([{ kind: "refused", status: 403 }]));
});

test("a line that has gone silent is given up", async () => {
  const { log, handlers } = recorder();
  const never: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) =>
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)),
    );
  fetchSource({ fetch: never, silence: 5 })("/v1/stream", handlers);
  await vi.waitFor(() => expect(log).toEqual([{ kind: "ended", floor: 0 }]));
});

test("what is closed says nothing more", async () => {
  const { log, handlers } = recorder();
  const never: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) =>
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)),
    );
  fetchSource({ fetch: never })("/v1/stream", handlers)();
  // All that the abort set off runs before the next task.
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(log).toEqual([]);
});
