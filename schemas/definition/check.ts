/** Checks JSON against a zod type; the first fault becomes one clear TABLE_DEFINITION error. */
import type { z } from "zod";
import { StoreError } from "#schemas/errors";
import { didYouMean } from "#schemas/suggest";

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => text + (typeof key === "number" ? `[${key}]` : `.${String(key)}`), "$");

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing";
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
    ...(found === undefined ? {} : { found: shown(found) }),
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

function issueError(type: z.core.$ZodType, json: unknown, issue: z.core.$ZodIssue): StoreError {
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const path = pathText([...issue.path, key]);
    const hint = didYouMean(key, keysAt(type, issue.path));
    return definitionError(path, `unknown key "${key}".${hint || " Remove it."}`);
  }
  const found = valueAt(json, issue.path);
  const path = pathText(issue.path);
  if (found === undefined) return definitionError(path, `is missing. ${issue.message}`);
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String);
    const hint = typeof found === "string" ? didYouMean(found, allowed) : "";
    return definitionError(
      path,
      `expected one of ${allowed.join(", ")} but found ${shown(found)}.${hint}`,
      found,
    );
  }
  return definitionError(path, `${issue.message}; found ${shown(found)}.`, found);
}

/** The JSON as the type says; throws TABLE_DEFINITION naming JSON path, value, what is allowed and a near word. */
export function checked<T extends z.ZodType>(type: T, json: unknown): z.infer<T> {
  const result = type.safeParse(json);
  if (result.success) return result.data;
  throw issueError(type, json, result.error.issues[0] as z.core.$ZodIssue);
}
