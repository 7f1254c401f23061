/** How the browser app is built: sources in web/, result in .build/web, served under /ui/. */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: folder("web"),
  base: "/ui/",
  cacheDir: folder(".build/vite"),
  publicDir: false,
  plugins: [react()],
  resolve: {
    alias: [{ find: /^#schemas\/(.*)$/, replacement: folder("schemas/$1.ts") }],
  },
  build: {
    outDir: folder(".build/web"),
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 2000,
    reportCompressedSize: false,
  },
});
