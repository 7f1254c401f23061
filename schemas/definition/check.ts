/** Checks JSON against a zod type; each fault becomes one clear TABLE_DEFINITION error. */
import type { z } from "zod";
import type { DefinitionFaults } from "#schemas/definition/faults";
import { maskSecrets } from "#schemas/definition/secrets";
import { StoreError } from "#schemas/errors";
import { schemaBounds } from "#schemas/limits";
import { didYouMean } from "#schemas/suggest";

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => text + (typeof key === "number" ? `[${key}]` : `.${String(key)}`), "$");

/** A value in a message, without the secrets in it. */
const shown = (value: unknown, path: string): string => {
  const text = JSON.stringify(maskSecrets(value, path)) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};

const valueAt = (json: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    json,
  );

/** A definition error at a JSON path. */
export function definitionError(path: string, message: string, found?: unknown): StoreError {
  return new StoreError("TABLE_DEFINITION", `${path}: ${message}`, {
    at: path,
    ...(found === undefined ? {} : { found: shown(found, path) }),
  });
}

/** Keys a strict object allows at a path, found by walking the zod type. */
function keysAt(type: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let current: unknown = type;
  const unwrap = () => {
    for (;;) {
      const definition = (current as { _zod?: { def?: { innerType?: unknown } } })?._zod?.def;
      if (definition?.innerType === undefined) return;
      current = definition.innerType;
    }
  };
  for (const key of path) {
    unwrap();
    const definition = (current as { _zod: { def: Record<string, unknown> } })._zod.def;
    const shape = definition["shape"] as Record<string, unknown> | undefined;
    current = typeof key === "number" ? definition["element"] : shape?.[String(key)];
    if (current === undefined) return [];
  }
  unwrap();
  return Object.keys(
    ((current as { _zod: { def: Record<string, unknown> } })._zod.def["shape"] as object) ?? {},
  );
}

function issueErrors(type: z.core.$ZodType, json: unknown, issue: z.core.$ZodIssue): readonly StoreError[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = pathText([...issue.path, key]);
      const hint = didYouMean(key, keysAt(type, issue.path));
      return definitionError(path, `unknown key "${key}".${hint || " Remove it."}`);
    });
  }
  const found = valueAt(json, issue.path);
  const path = pathText(issue.path);
  if (found === undefined) return [definitionError(path, `is missing. ${issue.message}`)];
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String);
    const hint = typeof found === "string" ? didYouMean(found, allowed) : "";
    const message = `expected one of ${allowed.join(", ")} but found ${shown(found, path)}.${hint}`;
    return [definitionError(path, message, found)];
  }
  return [definitionError(path, `${issue.message}; found ${shown(found, path)}.`, found)];
}

/** The JSON as the type says; throws TABLE_DEFINITION naming JSON path, value, what is allowed and a near word. */
export function checked<T extends z.ZodType>(type: T, json: unknown): z.infer<T> {
  const result = type.safeParse(json);
  if (result.success) return result.data;
  throw issueErrors(type, json, result.error.issues[0] as z.core.$ZodIssue)[0];
}

/** What would have fitted where an issue is; undefined: nothing at all, which is fine for what may be missing. */
function standIn(issue: z.core.$ZodIssue): unknown {
  if (issue.code === "invalid_value") return issue.values[0];
  if (issue.code !== "invalid_type") return undefined;
  const fitting: Readonly<Record<string, unknown>> = {
    string: `missing${pathText(issue.path)}`,
    number: 1,
    boolean: false,
    array: [],
    object: {},
    record: {},
  };
  return fitting[issue.expected];
}

/** Takes an issue out of the JSON: unknown keys go, other values give way to what would have fitted. */
function mend(json: unknown, issue: z.core.$ZodIssue, isLast: boolean): void {
  const [key, ...above] = [...issue.path].reverse();
  if (issue.code === "unrecognized_keys") {
    const holder = valueAt(json, issue.path) as Record<string, unknown>;
    for (const one of issue.keys) delete holder[one];
    return;
  }
  if (key === undefined) return;
  const holder = valueAt(json, above.reverse()) as Record<PropertyKey, unknown>;
  const value = isLast ? undefined : standIn(issue);
  if (value === undefined && !Array.isArray(holder)) delete holder[key];
  else holder[key] = value;
}

const mendsMax = schemaBounds.definitionMends;

/**
 * The JSON as the type says. When it is at fault, `faults` hears of every issue, and the rest of it comes back as if
 * they were not there, so that its meaning can be checked too; null when too little is left for that.
 */
export function checkedWhole<T extends z.ZodType>(
  type: T,
  json: unknown,
  faults: DefinitionFaults,
): z.infer<T> | null {
  let result = type.safeParse(json);
  if (result.success) return result.data;
  for (const issue of result.error.issues) faults.add(...issueErrors(type, json, issue));
  if (typeof json !== "object" || json === null) return null;
  const mended: unknown = structuredClone(json);
  for (let round = 1; round <= mendsMax; round++) {
    for (const issue of result.error.issues) mend(mended, issue, round === mendsMax);
    result = type.safeParse(mended);
    if (result.success) return result.data;
  }
  return null;
}
