import { defineConfig } from "vite";

// One script and one style, with names that stay: Python serves, embeds and packages them as they are.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: process.env.OTOSCOPE_ASSETS ?? "../src/otoscope/viewer/assets",
    emptyOutDir: true,
    lib: { entry: "src/main.tsx", formats: ["es"], fileName: () => "viewer.js", cssFileName: "viewer" },
    rolldownOptions: { output: { codeSplitting: false, minify: true, legalComments: "inline" } },
    reportCompressedSize: false,
  },
  define: { "process.env.NODE_ENV": '"production"' },
  test: { include: ["test/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
