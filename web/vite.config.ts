import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

const gateway = loadEnv("", ".", "TIDINGS_").TIDINGS_GATEWAY ?? "http://127.0.0.1:8600";

/** The page, into the gateway's static files. `npm run dev` serves it against a running gateway instead. */
export default defineConfig({
  base: "./",
  build: {
    outDir: "../gateway/tidings_gateway/static",
    emptyOutDir: true,
    target: "es2022",
    // The page's content security policy allows no inlined data but images.
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/v1": gateway } },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
