/** The SQL editor: CodeMirror with what it needs and nothing else. */
import {
  acceptCompletion,
  autocompletion,
  type CompletionContext,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  placeholder,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { quoteName } from "#schemas/sql/keywords";
import type { FunctionInfo } from "../api.ts";
import { type KnownTable, proposalsAt } from "./completion.ts";
import styles from "./console.module.css";
import { statementAt } from "./statements.ts";

export interface EditorHandle {
  /** What to run: the selection if there is one, else the statement at the cursor; `offset` is where it begins. */
  statement(): { readonly sql: string; readonly offset: number };
  all(): string;
  replace(sql: string): void;
  /** Another tab's text, with its own cursor and its own undo. */
  show(tab: string, sql: string): void;
  insert(text: string): void;
  /** Underlines a fault and says what was expected there; null clears. */
  mark(fault: { readonly from: number; readonly to: number; readonly message: string } | null): void;
  jump(position: number): void;
}

interface EditorProps {
  readonly initial: { readonly tab: string; readonly sql: string };
  readonly tables: readonly KnownTable[];
  readonly functions: readonly FunctionInfo[];
  readonly onChange: (tab: string, sql: string) => void;
  readonly onRun: () => void;
  readonly onCancel: () => void;
  readonly onFormat: () => void;
  readonly handle: Ref<EditorHandle>;
}

const highlight = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--syntax-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--syntax-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--syntax-number)" },
  {
    tag: [tags.comment, tags.lineComment, tags.blockComment],
    color: "var(--syntax-comment)",
    fontStyle: "italic",
  },
  { tag: tags.typeName, color: "var(--syntax-number)" },
]);

const look = EditorView.theme({
  "&": {
    height: "100%",
    fontSize: "var(--type-base)",
    backgroundColor: "var(--panel)",
    color: "var(--text)",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-code)", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--accent)", padding: "var(--space-2) 0" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--text-muted)", border: "none" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--accent-soft) !important",
  },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "none" },
  ".cm-selectionMatch": { backgroundColor: "var(--hover)" },
  ".cm-placeholder": { color: "var(--text-muted)" },
  ".cm-tooltip": {
    border: "var(--size-line) solid var(--border-strong)",
    borderRadius: "var(--radius-input)",
    backgroundColor: "var(--raised)",
    color: "var(--text)",
    boxShadow: "var(--shadow)",
    overflow: "hidden",
  },
  ".cm-tooltip-autocomplete ul li": {
    padding: "var(--size-hair) var(--space-2)",
    fontFamily: "var(--font-code)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--accent-soft)",
    color: "var(--text)",
  },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent-text)" },
  ".cm-completionDetail": { color: "var(--text-muted)", fontStyle: "normal", marginLeft: "var(--space-3)" },
  ".cm-completionInfo": {
    fontFamily: "var(--font-text)",
    padding: "var(--space-2)",
    maxWidth: "var(--size-menu)",
  },
  ".cm-diagnostic": { fontFamily: "var(--font-text)", padding: "var(--space-2)" },
  ".cm-panels": { backgroundColor: "var(--panel)", color: "var(--text)" },
});

function completions(latest: { readonly current: EditorProps }) {
  return (context: CompletionContext) => {
    const { tables, functions } = latest.current;
    if (!context.explicit && context.matchBefore(/[\w$]+|\bFROM\s+/i) === null) return null;
    const found = proposalsAt(context.state.doc.toString(), context.pos, tables, functions);
    if (found === null) return null;
    const options = found.proposals.map(({ label, type, detail, info, boost }) => ({
      label,
      boost,
      ...(type === "table" || type === "column" ? { apply: quoteName(label) } : {}),
      type: type === "table" ? "class" : type === "column" ? "property" : type,
      ...(detail === undefined ? {} : { detail }),
      ...(info === undefined ? {} : { info }),
    }));
    return { from: found.from, options, validFor: /^[\w$]*$/ };
  };
}

/** The text of each tab that was shown, and which one is. */
class Texts {
  readonly #states = new Map<string, EditorState>();
  tab: string;

  constructor(tab: string) {
    this.tab = tab;
  }

  show(view: EditorView, tab: string, sql: string, make: (sql: string) => EditorState): void {
    if (tab === this.tab && sql === view.state.doc.toString()) return;
    this.#states.set(this.tab, view.state);
    this.tab = tab;
    const known = this.#states.get(tab);
    view.setState(known?.doc.toString() === sql ? known : make(sql));
  }
}

interface Parts {
  readonly view: { readonly current: EditorView | null };
  readonly latest: { readonly current: EditorProps };
  readonly texts: Texts;
}

function extensions({ latest, texts }: Omit<Parts, "view">) {
  const command = (run: () => void) => () => {
    run();
    return true;
  };
  return [
    Prec.highest(
      keymap.of([
        { key: "Mod-Enter", run: command(() => latest.current.onRun()) },
        { key: "Mod-.", run: command(() => latest.current.onCancel()) },
        { key: "Shift-Alt-f", run: command(() => latest.current.onFormat()) },
        { key: "Tab", run: acceptCompletion },
      ]),
    ),
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    sql({ dialect: PostgreSQL, upperCaseKeywords: true }),
    autocompletion({ override: [completions(latest)], icons: false }),
    syntaxHighlighting(highlight),
    placeholder("SELECT … FROM …"),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...defaultKeymap,
      indentWithTab,
    ]),
    EditorView.contentAttributes.of({ "aria-label": "SQL" }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(texts.tab, update.state.doc.toString());
    }),
    look,
  ];
}

const stateOf = (sql: string, parts: Omit<Parts, "view">): EditorState =>
  EditorState.create({ doc: sql, extensions: extensions(parts) });

function handleOf({ view, latest, texts }: Parts): EditorHandle {
  return {
    show: (tab, text) => {
      if (view.current !== null)
        texts.show(view.current, tab, text, (doc) => stateOf(doc, { latest, texts }));
    },
    statement: () => {
      const state = view.current?.state;
      if (state === undefined) return { sql: "", offset: 0 };
      const { main } = state.selection;
      const all = state.doc.toString();
      const { from, to } = main.empty ? statementAt(all, main.head) : main;
      return { sql: all.slice(from, to), offset: from };
    },
    all: () => view.current?.state.doc.toString() ?? "",
    replace: (text) => {
      const state = view.current?.state;
      if (state === undefined || text === state.doc.toString()) return;
      view.current?.dispatch({ changes: { from: 0, to: state.doc.length, insert: text } });
    },
    insert: (text) => {
      const made = view.current;
      if (made === null) return;
      made.dispatch(made.state.replaceSelection(text));
      made.focus();
    },
    mark: (fault) => {
      const made = view.current;
      if (made === null) return;
      const end = made.state.doc.length;
      const severity = "error" as const;
      const at = fault === null ? null : { from: Math.min(fault.from, end), to: Math.min(fault.to, end) };
      const diagnostics = at === null ? [] : [{ ...at, severity, message: fault!.message }];
      made.dispatch(setDiagnostics(made.state, diagnostics));
    },
    jump: (position) => {
      const made = view.current;
      if (made === null) return;
      const at = Math.min(position, made.state.doc.length);
      made.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      made.focus();
    },
  };
}

export function Editor(props: EditorProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [texts] = useState(() => new Texts(props.initial.tab));
  useImperativeHandle(props.handle, () => handleOf({ view, latest, texts }), [texts]);
  useEffect(() => {
    if (box.current === null) return;
    const state = stateOf(latest.current.initial.sql, { latest, texts });
    const made = new EditorView({ state, parent: box.current });
    view.current = made;
    return () => {
      view.current = null;
      made.destroy();
    };
  }, [texts]);
  return <div ref={box} className={styles.editor} />;
}
