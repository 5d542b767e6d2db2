import { afterEach, describe, expect, test, vi } from "vitest";
import { Api } from "../src/client/api.ts";
import { permitted } from "../src/client/gateways.ts";

const HOME = "https://push.example.com";
const OTHER = "https://push-1.example.com";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("another gateway's address", () => {
  test("is permitted at the origin that is asked anyway, also as a path", () => {
    expect(permitted(`${HOME}/shards/1/v1/stream`, HOME, [])).toBe(`${HOME}/shards/1/v1/stream`);
    expect(permitted("/shards/1/v1/stream", HOME, [])).toBe(`${HOME}/shards/1/v1/stream`);
  });

  test("is permitted at an origin that the page has named", () => {
    expect(permitted(`${OTHER}/v1/stream`, HOME, [OTHER])).toBe(`${OTHER}/v1/stream`);
    expect(permitted(`${OTHER}/v1/stream`, HOME, [`${OTHER}/`])).toBe(`${OTHER}/v1/stream`);
  });

  test.each([
    `${OTHER}/v1/stream`, // not named
    "https://push.example.com.thief.example/v1/stream",
    "https://push.example.com@thief.example/v1/stream",
    "https://ann:secret@push.example.com/v1/stream",
    "//thief.example/v1/stream",
    "\\\\thief.example/v1/stream",
    "https://push.example.com:8443/v1/stream",
    "http://push.example.com/v1/stream",
    "javascript:alert(1)",
    "data:text/event-stream,",
    "blob:https://push.example.com/1",
    "https://",
  ])("is not permitted: %s", (url) => {
    expect(permitted(url, HOME, ["https://named.example"])).toBeNull();
  });

  test("is not permitted to be weaker than the one that is asked, named or not", () => {
    expect(permitted("http://push-1.example.com/", HOME, ["http://push-1.example.com"])).toBeNull();
    expect(
      permitted("http://push-1.example.com/", "http://push.example.com", ["http://push-1.example.com"]),
    ).toBe("http://push-1.example.com/");
  });

  test("is not permitted where there is no page to come from", () => {
    expect(permitted("/v1/stream", "", [])).toBeNull();
  });
});

describe("the API", () => {
  function answers(...given: Response[]): string[] {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      asked.push(url);
      return given.shift();
    });
    return asked;
  }

  const away = (url: string) => Response.json({ title: "elsewhere", url }, { status: 421 });
  const found = () => Response.json({ cursor: "c", unread: 0, notifications: [] });

  test("asks the gateway that serves the user", async () => {
    const asked = answers(away(OTHER), found());
    const snapshot = await new Api({ baseUrl: HOME, gateways: [OTHER] }).snapshot();
    expect(snapshot.cursor).toBe("c");
    expect(asked.at(-1)).toBe(`${OTHER}/v1/notifications?limit=100`);
  });

  test("asks no gateway that the page has not named, and none twice", async () => {
    const asked = answers(away("https://thief.example"), away(OTHER), away(HOME));
    const api = new Api({ baseUrl: HOME, gateways: [OTHER] });
    await expect(api.snapshot()).rejects.toMatchObject({ status: 421 });
    await expect(api.snapshot()).rejects.toMatchObject({ status: 421 });
    expect(asked.map((url) => new URL(url).origin)).toEqual([HOME, HOME, OTHER]);
  });
});
