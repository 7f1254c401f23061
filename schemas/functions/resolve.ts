/** From a written function name and argument types to the canonical call, or an error that helps. */

import { assert, StoreError } from "#schemas/errors";
import { commonType, typeFor } from "#schemas/functions/coerce";
import { insteadOf } from "#schemas/functions/foreign";
import { type Argument, plainName, type Signature } from "#schemas/functions/signature";
import { functionTable } from "#schemas/functions/table";
import { nearest } from "#schemas/suggest";
import type { SqlType } from "#schemas/types";

export interface Resolution {
  /** Canonical name. */
  readonly name: string;
  readonly type: SqlType;
  /** For each argument the type to cast it to, or null when it stays. */
  readonly coercions: readonly (SqlType | null)[];
}

const byName = new Map<string, Signature>();
for (const signature of functionTable) {
  for (const name of [signature.name, ...signature.aliases]) {
    const plain = plainName(name);
    assert(!byName.has(plain), `two functions are called ${plain}`);
    byName.set(plain, signature);
  }
}

/** The signature of that name or alias, whatever its case and underscores. */
export const functionNamed = (name: string): Signature | undefined => byName.get(plainName(name));

/** `name(parameters)`, as errors and SQL.md show it. */
export function usageOf(signature: Signature): string {
  if (signature.syntax !== null) return signature.syntax;
  const parameters = signature.parameters.map((parameter) => {
    const repeated = parameter.repeated ? `${parameter.name}, …` : parameter.name;
    return parameter.optional ? `[${repeated}]` : repeated;
  });
  return `${signature.name}(${parameters.join(", ")})`;
}

function unknown(name: string, others: readonly string[]): StoreError {
  const known = [...functionTable.map((signature) => signature.name), ...others];
  const instead = insteadOf(name);
  const near = instead === null ? nearest(plainName(name), known) : null;
  const hint = instead !== null ? `; use ${instead},` : near === null ? "" : `; did you mean ${near}?`;
  return new StoreError("FUNCTION_UNKNOWN", `there is no function ${name}${hint}`, { found: name });
}

function refuse(signature: Signature, args: readonly Argument[], why: string): StoreError {
  const types = args.map((argument) => argument.type).join(", ");
  const usage = usageOf(signature);
  return new StoreError("FUNCTION_ARGUMENTS", `${usage} does not take (${types}): ${why}`, {
    expected: usage,
    found: `${signature.name}(${types})`,
  });
}

function countText(signature: Signature): string {
  const least = signature.parameters.filter((parameter) => !parameter.optional).length;
  const most = signature.parameters.length;
  if (signature.parameters.at(-1)?.repeated) return `at least ${least}`;
  return least === most ? `${most}` : `${least} to ${most}`;
}

function checkCount(signature: Signature, args: readonly Argument[]): void {
  const least = signature.parameters.filter((parameter) => !parameter.optional).length;
  const most = signature.parameters.at(-1)?.repeated ? Number.POSITIVE_INFINITY : signature.parameters.length;
  if (args.length < least || args.length > most)
    throw refuse(signature, args, `expected ${countText(signature)} argument(s), found ${args.length}`);
}

const parameterAt = (signature: Signature, at: number) =>
  signature.parameters[Math.min(at, signature.parameters.length - 1)];

function castTypes(signature: Signature, args: readonly Argument[]): SqlType[] {
  const commons = args.filter((_, at) => parameterAt(signature, at).accepts === "common");
  const common = commons.length === 0 ? null : commonType(commons);
  return args.map((argument, at) => {
    const parameter = parameterAt(signature, at);
    if (parameter.literal && argument.literal === undefined)
      throw refuse(signature, args, `${parameter.name} must be a literal`);
    if (parameter.accepts === "common") {
      if (common === null)
        throw refuse(signature, args, "its arguments have no type in common; CAST one of them");
      return common;
    }
    const type = typeFor(parameter.accepts, argument);
    if (type === null)
      throw refuse(signature, args, `${parameter.name} is ${argument.type}, expected ${parameter.accepts}`);
    return type;
  });
}

function resultOf(signature: Signature, args: readonly Argument[]): SqlType {
  const rule = signature.result;
  if (typeof rule === "function") return rule(args);
  if (rule === "first") return args[0].type;
  if (rule !== "common") return rule;
  return args.find((_, at) => parameterAt(signature, at).accepts === "common")!.type;
}

/**
 * The call that `name(args)` means. FUNCTION_UNKNOWN with the nearest name (`others`: names the caller resolves
 * itself, such as aggregates), or FUNCTION_ARGUMENTS with the function's usage.
 */
export function resolveFunction(
  name: string,
  args: readonly Argument[],
  others: readonly string[] = [],
): Resolution {
  const signature = functionNamed(name);
  if (signature === undefined) throw unknown(name, others);
  checkCount(signature, args);
  let types: readonly SqlType[];
  let type: SqlType;
  if (signature.typing !== null) {
    const typing = signature.typing(args);
    if (typing === null) throw refuse(signature, args, "these types do not go together; CAST one of them");
    ({ type, arguments: types } = typing);
  } else {
    types = castTypes(signature, args);
    type = resultOf(
      signature,
      args.map((argument, at) => ({ ...argument, type: types[at] })),
    );
  }
  // NULL literals stay as they are: every type holds them.
  const coercions = args.map((argument, at) =>
    argument.type === types[at] || argument.type === "UNKNOWN" ? null : types[at],
  );
  return { name: signature.name, type, coercions };
}
