/** Live subscriptions and the state of the connection, as React sees them. */
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { live } from "../live.ts";
import { emptyState, type SubscriptionState } from "../live-state.ts";
import type { LivePageState, Question } from "../live-world.ts";

type Handle = ReturnType<typeof live.subscribe>;

export interface LiveAnswer extends SubscriptionState {
  readonly retry: () => void;
}

const noWatch = () => () => {};

/** The newest answer to a question over a table; none while `question` is null, but what was there stays. */
export function useLive(question: Question | null, table: string | null = null): LiveAnswer {
  const [handle, setHandle] = useState<Handle | null>(null);
  const [kept, setKept] = useState<SubscriptionState>(emptyState);
  const asked = JSON.stringify(question);
  const isOn = question !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question itself is followed by the next effect
  useEffect(() => {
    if (question === null) return;
    const subscribed = live.subscribe(question, table);
    setHandle(subscribed);
    return () => {
      setKept(subscribed.read());
      setHandle(null);
      subscribed.end();
    };
  }, [isOn]);
  useEffect(() => {
    const next = JSON.parse(asked) as Question | null;
    if (next !== null) handle?.ask(next);
  }, [asked, handle]);
  const state = useSyncExternalStore(handle?.watch ?? noWatch, handle?.read ?? (() => kept));
  const retry = useCallback(() => handle?.retry(), [handle]);
  const isBare = state.result === null && state.exceptions === null;
  const shown = isBare && kept.result !== null ? kept : state;
  return useMemo(() => ({ ...shown, retry }), [shown, retry]);
}

/** A part of what the page knows of its connection; what reads it is drawn again when that part changes. */
export const useLivePage = <Part extends string | number | boolean | null | object>(
  part: (page: LivePageState) => Part,
): Part => useSyncExternalStore(live.watchPage, () => part(live.page()));

/** The connection is lost and waits to be tried again. */
export const useIsLost = (): boolean => useLivePage(({ status }) => status.kind === "waiting");

/** The server's clock, going on by itself at a pace. */
export function useServerNow(everyMs: number): number {
  const offsetMs = useLivePage((page) => page.offsetMs);
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs + offsetMs;
}
