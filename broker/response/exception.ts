/** A fault as every response lists it: over HTTP and on a live page. */
import type { QueryException } from "#schemas/api/query";
import { errorCodes, type StoreError } from "#schemas/errors";

/** Characters of a message, or of what was found: a name may be as long as its statement. */
const textShown = 2000;

const cut = (text: string): string => (text.length <= textShown ? text : `${text.slice(0, textShown)}…`);

/** An error as the response lists it. */
export function exceptionOf(error: StoreError): QueryException {
  const { position, expected, found } = error.detail;
  return {
    errorCode: errorCodes[error.code].pinot,
    message: cut(error.message),
    code: error.code,
    ...(position === undefined ? {} : { position }),
    ...(expected === undefined ? {} : { expected: cut(expected) }),
    ...(found === undefined ? {} : { found: cut(found) }),
  };
}
