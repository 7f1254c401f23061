/**
 * What things may be called. A document (dashboard, panel, saved query) has an id, a table a name: one alphabet and one
 * length, so that both are safe in addresses, file names and logs as they are. A key is a text that a program makes up
 * for its own use: an Idempotency-Key, a clientQueryId, a live subscription.
 * The rule holds for what is made; what is stored already is read, changed and deleted under whatever it is called.
 */
import { StoreError } from "#schemas/errors";
import { schemaBounds } from "#schemas/limits";

const { idChars, keyChars } = schemaBounds;

interface IdRule {
  readonly pattern: RegExp;
  readonly expected: string;
  /** What a suggestion puts where a character cannot be. */
  readonly joint: "-" | "_";
  /** In lower case: what another route has in the place of the id. */
  readonly reserved: readonly string[];
}

const alphabet = `1 to ${idChars} letters (a to z), digits, "_", "-" and "."`;

const rules = {
  /** Case is distinguished: "Sales" and "sales" are two dashboards. */
  document: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]*$/,
    expected: `${alphabet}, beginning with a letter or digit`,
    joint: "-",
    reserved: [],
  },
  /** As Pinot's, and no digit first: SQL would take it for a number. Case is ignored wherever a table is named. */
  table: {
    pattern: /^[A-Za-z_][A-Za-z0-9_.-]*$/,
    expected: `${alphabet}, beginning with a letter or "_", and not "livebrokers"`,
    joint: "_",
    reserved: ["livebrokers"],
  },
} as const satisfies Readonly<Record<string, IdRule>>;
export type IdKind = keyof typeof rules;

/** The rules as JSON Schema says them. */
export const idSchema = {
  pattern: `^(?=.{1,${idChars}}$)${rules.document.pattern.source.slice(1)}`,
} as const;
export const keySchema = { pattern: `^.{1,${keyChars}}$` } as const;

export function isId(text: string, kind: IdKind): boolean {
  const { pattern, reserved }: IdRule = rules[kind];
  return text.length <= idChars && pattern.test(text) && !reserved.includes(text.toLowerCase());
}

/** Room for a number that makes an id a free one. */
const numberChars = "_99999999".length;

/** An id with a number behind it, still an id. */
export const numberedId = (id: string, end: string): string => `${id.slice(0, idChars - numberChars)}${end}`;

/** What of a text can be an id of that kind; null when nothing of it can. */
export function suggestedId(text: string, kind: IdKind): string | null {
  const { joint } = rules[kind];
  const plain = text
    .slice(0, idChars * 2)
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^A-Za-z0-9_.-]+/g, joint)
    .replaceAll(/^[^A-Za-z0-9]+/g, "");
  const named = kind === "table" && /^\d/.test(plain) ? `t_${plain}` : plain;
  const found = named.slice(0, idChars - numberChars).replaceAll(/[_.-]+$/g, "");
  return isId(found, kind) ? found : null;
}

/** A text of theirs in a message: short, and with its control characters written out. */
export const shownText = (text: string): string =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}… (${text.length} characters)` : text);

/** Why a text cannot be the id of something new; null when it can. */
export function idFault(text: string, kind: IdKind): string | null {
  if (isId(text, kind)) return null;
  const suggestion = suggestedId(text, kind);
  const hint = suggestion === null ? "" : `; "${suggestion}" would do`;
  return `expected ${rules[kind].expected}, but found ${shownText(text)}${hint}`;
}

/** What a fault's detail says of an id. */
export function idDetail(text: string, kind: IdKind, at: string) {
  const suggestion = suggestedId(text, kind);
  const { expected } = rules[kind];
  return { at, expected, found: shownText(text), ...(suggestion === null ? {} : { suggestion }) };
}

/** ID_SYNTAX unless a new document may be called so. */
export function checkId(id: string, what: string, at: string): void {
  const fault = idFault(id, "document");
  if (fault !== null) throw new StoreError("ID_SYNTAX", `${what}: ${fault}`, idDetail(id, "document", at));
}

/** Controls, halves of characters, line breaks, and what turns the direction of the text around it. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

const keyExpected = `1 to ${keyChars} printable characters, not only spaces`;

const isKey = (key: string): boolean => key.length <= keyChars && /\S/.test(key) && !unprintable.test(key);

/** Why a text cannot be a key; null when it can. */
export const keyFault = (key: string): string | null =>
  isKey(key) ? null : `expected ${keyExpected}, but found ${shownText(key)}`;

/** ID_SYNTAX unless it can be a key. None is suggested: cut or mended, two keys could become one. */
export function checkKey(key: string, what: string, at: string): void {
  const fault = keyFault(key);
  if (fault === null) return;
  const detail = { at, expected: keyExpected, found: shownText(key) };
  throw new StoreError("ID_SYNTAX", `${what}: ${fault}; a UUID would do`, detail);
}
