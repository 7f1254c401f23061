import { defineConfig } from "vitest/config";

// Groups by cost: `unit` is everything in process; `parts` starts real servers (Kafka, PostgreSQL, Chromium, our
// own process) and runs file by file, because two cores do not carry two of them.
export default defineConfig({
  test: {
    passWithNoTests: false,
    allowOnly: false,
    setupFiles: ["test/setup/seed.ts"],
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
          exclude: ["test/{kafka,postgres,crash,e2e,clients}/**"],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "parts",
          include: ["test/{kafka,postgres,crash,e2e,clients}/**/*.test.ts"],
          testTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
