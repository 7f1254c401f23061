/** A header's fields → names that a table can have: each its own, none empty, none beginning with "$". */

/** Renames are told in words, once for inference and in the same way at every push. */
export interface CsvNames {
  readonly names: readonly string[];
  readonly notes: readonly string[];
}

export function columnNames(header: readonly string[]): CsvNames {
  const given = header.map((text) => text.trim().replace(/^\$+/, ""));
  const taken = new Set(given.map((name) => name.toLowerCase()));
  const seen = new Set<string>();
  const notes: string[] = [];
  const names = given.map((name, at) => {
    if (name === "") return free(`column${at + 1}`, taken, seen);
    if (!seen.has(name.toLowerCase())) {
      if (name !== header[at]?.trim())
        notes.push(`"${header[at]?.trim()}" is called "${name}": "$" begins names of our own.`);
      seen.add(name.toLowerCase());
      return name;
    }
    const renamed = free(name, taken, seen);
    notes.push(
      `The header names "${name}" more than once: the one at place ${at + 1} is called "${renamed}".`,
    );
    return renamed;
  });
  return { names, notes };
}

/** The name, or the name with the first number behind it that nobody has. */
function free(name: string, taken: ReadonlySet<string>, seen: Set<string>): string {
  const isFree = (candidate: string) =>
    !seen.has(candidate.toLowerCase()) && !taken.has(candidate.toLowerCase());
  let candidate = name;
  for (let count = 2; !isFree(candidate); count++) candidate = `${name}_${count}`;
  seen.add(candidate.toLowerCase());
  return candidate;
}

/** Names of fields that no header names. */
export const placeNames = (fields: number): readonly string[] =>
  Array.from({ length: fields }, (_, at) => `column${at + 1}`);
