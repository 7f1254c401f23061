/** How a pushed CSV is to be read, out of the address and the content type. */
import type { CsvOptions } from "#schemas/csv";
import { StoreError } from "#schemas/errors";

const delimiterNames: Readonly<Record<string, string>> = {
  comma: ",",
  tab: "\t",
  "\\t": "\t",
  semicolon: ";",
  pipe: "|",
  space: " ",
};

function delimiterOf(text: string): string {
  const delimiter = delimiterNames[text.toLowerCase()] ?? text;
  if (delimiter.length === 1 && !/["\r\n]/.test(delimiter)) return delimiter;
  const names = Object.keys(delimiterNames).join(", ");
  throw new StoreError(
    "BODY_SYNTAX",
    `expected delimiter to be one character or one of ${names} but found "${text}"`,
    {
      at: "delimiter",
      found: text,
    },
  );
}

/** The fields of one line of CSV: a name with a comma in it stands in quotes. */
function listOf(text: string): readonly string[] {
  const fields = text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain?.trim() ?? "");
}

function headerOf(text: string): boolean {
  if (text === "present" || text === "true") return true;
  if (text === "absent" || text === "false") return false;
  throw new StoreError("BODY_SYNTAX", `expected header to be present or absent but found "${text}"`, {
    at: "header",
    found: text,
  });
}

/** RFC 4180 has `header=absent` as a parameter of text/csv; whoever cannot set an address says all of it there. */
function typeParameters(contentType: string): Readonly<Record<string, string>> {
  const found = contentType.matchAll(/;\s*([a-z]+)=(?:"([^"]*)"|([^;\s]*))/gi);
  return Object.fromEntries(
    [...found].map(([, name, quoted, plain]) => [name?.toLowerCase(), quoted ?? plain]),
  );
}

export function csvOptionsOf(
  contentType: string,
  query: Readonly<Record<string, string | undefined>>,
): CsvOptions {
  const said = { ...typeParameters(contentType), ...query };
  const { delimiter, header, columns, nulls } = said;
  const isTabs = contentType.toLowerCase().startsWith("text/tab-separated-values");
  const options: CsvOptions = {
    ...(isTabs ? { delimiter: "\t" } : {}),
    ...(delimiter === undefined ? {} : { delimiter: delimiterOf(delimiter) }),
    ...(header === undefined ? {} : { header: headerOf(header) }),
    ...(columns === undefined ? {} : { columns: listOf(columns) }),
    ...(nulls === undefined ? {} : { nulls: listOf(nulls) }),
  };
  return options;
}
