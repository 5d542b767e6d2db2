import { defineConfig } from "vite";

/** The library, as it would be published: two ES modules, their dependencies left to whoever bundles them. */
export default defineConfig({
  build: {
    outDir: "dist",
    copyPublicDir: false,
    target: "es2022",
    minify: false,
    lib: {
      entry: { client: "src/client/index.ts", components: "src/components/index.ts" },
      formats: ["es"],
    },
    rolldownOptions: { external: [/^lit(\/|$)/, "eventsource-parser", "d3-geo"] },
  },
});
