/** An operation's worked example as a command to paste. */
import type { Fields, Operation, Shape } from "#schemas/api/operation";

/** A word of a POSIX shell. */
const quoted = (text: string): string =>
  /^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The examples that an object type's keys carry. */
function exampleFields(type: Fields | undefined): readonly (readonly [string, string])[] {
  return Object.entries(type?.shape ?? {}).flatMap(([name, field]) => {
    const [example] = ((field as Shape).meta()?.["examples"] as readonly string[] | undefined) ?? [];
    return example === undefined ? [] : [[name, example] as const];
  });
}

/** Path and query of the worked example. */
function addressOf({ path, parameters = {}, query }: Operation): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(parameters[name]?.example ?? name),
  );
  const asked = exampleFields(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return asked.length === 0 ? filled : `${filled}?${asked.join("&")}`;
}

/** The first body that has an example, as it is sent. */
function bodyOf({ body = {} }: Operation) {
  const found = Object.entries(body).find(([, { example }]) => example !== undefined);
  if (found === undefined) return null;
  const [mediaType, { example }] = found;
  return { mediaType, text: typeof example === "string" ? example : JSON.stringify(example) };
}

export function curlOf(operation: Operation, origin: string): string {
  const { method } = operation;
  const body = bodyOf(operation);
  const implied = method === "GET" || (method === "POST" && body !== null);
  return [
    "curl",
    ...(implied ? [] : ["-X", method]),
    quoted(origin + addressOf(operation)),
    ...exampleFields(operation.headers).flatMap(([name, value]) => ["-H", quoted(`${name}: ${value}`)]),
    ...(body === null
      ? []
      : ["-H", quoted(`content-type: ${body.mediaType}`), "--data-binary", quoted(body.text)]),
  ].join(" ");
}
