/** Starts the app in the page. */
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "@mantine/core/styles.css";
import "@mantine/dates/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./styles.css";
import { live } from "./live.ts";
import { router } from "./router.tsx";
import { cssVariables, theme } from "./theme.ts";

const queryClient = new QueryClient({
  defaultOptions: { queries: { staleTime: 5000, retry: 1, refetchOnWindowFocus: false } },
});

document.addEventListener("visibilitychange", () => live.setHidden(document.hidden));

const rootElement = document.getElementById("root");
if (rootElement === null) throw new Error("index.html has no element with the id root");

createRoot(rootElement).render(
  <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <Notifications position="bottom-right" limit={3} autoClose={5000} />
    </QueryClientProvider>
  </MantineProvider>,
);
