/** What a value has against a JSON Schema: the keywords that our document uses; any other one throws. */
type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const types: Record<string, (value: unknown) => boolean> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
  null: (value) => value === null,
};

type Check = (limit: never, value: unknown, at: string, schema: Json) => readonly string[];

const unless = (good: boolean, fault: string): readonly string[] => (good ? [] : [fault]);

const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);

/** `document` resolves references. Closed: what the schema does not list is a fault too, whatever it allows. */
export function schemaFaults(document: Json, options: { readonly closed: boolean }) {
  const faultsOf = (schema: unknown, value: unknown, at: string): readonly string[] => {
    if (!isObject(schema)) throw new Error(`${at}: not a schema: ${JSON.stringify(schema)}`);
    return Object.entries(schema).flatMap(([keyword, limit]) => {
      const check = checks[keyword];
      if (check === undefined) throw new Error(`${at}: the checker does not know "${keyword}"`);
      return check(limit as never, value, at, schema);
    });
  };

  const keysOf: Check = (properties: Record<string, unknown>, value, at, schema) => {
    if (!isObject(value)) return [];
    const extra = schema["additionalProperties"];
    return Object.entries(value).flatMap(([key, inner]) => {
      const known = properties[key];
      if (known !== undefined) return faultsOf(known, inner, `${at}.${key}`);
      if (isObject(extra)) return faultsOf(extra, inner, `${at}.${key}`);
      return unless(extra !== false && !options.closed, `${at}.${key} is not described`);
    });
  };
  const matching = (schemas: readonly unknown[], value: unknown, at: string) =>
    schemas.map((schema) => faultsOf(schema, value, at));

  const annotation: Check = () => [];
  const checks: Record<string, Check> = {
    ...{ description: annotation, examples: annotation, default: annotation, $schema: annotation },
    $ref: (ref: string, value, at) => faultsOf(resolve(document, ref), value, at),
    type: (type: string | readonly string[], value, at) =>
      unless(
        [type].flat().some((one) => types[one]?.(value)),
        `${at}: expected ${type}, found ${JSON.stringify(value)}`,
      ),
    properties: keysOf,
    additionalProperties: (_extra, value, at, schema) =>
      schema["properties"] === undefined ? keysOf({} as never, value, at, schema) : [],
    required: (names: readonly string[], value, at) =>
      isObject(value)
        ? names.filter((name) => !(name in value)).map((name) => `${at}.${name} is missing`)
        : [],
    propertyNames: (names: unknown, value, at) =>
      isObject(value) ? Object.keys(value).flatMap((key) => faultsOf(names, key, `${at} (key ${key})`)) : [],
    items: (item: unknown, value, at) =>
      Array.isArray(value) ? value.flatMap((one, index) => faultsOf(item, one, `${at}[${index}]`)) : [],
    anyOf: (schemas: readonly unknown[], value, at) => {
      const tried = matching(schemas, value, at);
      return tried.some((faults) => faults.length === 0) ? [] : tried.flat();
    },
    oneOf: (schemas: readonly unknown[], value, at) => {
      const tried = matching(schemas, value, at);
      const fitting = tried.filter((faults) => faults.length === 0).length;
      return fitting === 1 ? [] : [`${at}: fits ${fitting} of ${schemas.length}`, ...tried.flat()];
    },
    enum: (values: readonly unknown[], value, at) =>
      unless(
        values.some((one) => same(one, value)),
        `${at}: ${JSON.stringify(value)} is none of ${values}`,
      ),
    pattern: (pattern: string, value, at) =>
      unless(
        typeof value !== "string" || new RegExp(pattern).test(value),
        `${at}: "${value}" is not ${pattern}`,
      ),
    minimum: (least: number, value, at) =>
      unless(typeof value !== "number" || value >= least, `${at}: ${value} < ${least}`),
    maximum: (most: number, value, at) =>
      unless(typeof value !== "number" || value <= most, `${at}: ${value} > ${most}`),
    exclusiveMinimum: (least: number, value, at) =>
      unless(typeof value !== "number" || value > least, `${at}: ${value} <= ${least}`),
    minLength: (least: number, value, at) =>
      unless(typeof value !== "string" || value.length >= least, `${at}: shorter than ${least}`),
    maxItems: (most: number, value, at) =>
      unless(!Array.isArray(value) || value.length <= most, `${at}: more than ${most}`),
  };
  return (schema: unknown, value: unknown): readonly string[] => faultsOf(schema, value, "$");
}

/** What a reference such as "#/components/schemas/Error" points at; throws when nothing is there. */
export function resolve(document: Json, ref: string): unknown {
  const [start, ...steps] = ref.split("/");
  const found = steps.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), document);
  if (start !== "#" || found === undefined) throw new Error(`${ref} points nowhere`);
  return found;
}
