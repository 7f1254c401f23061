/** A fault as every response lists it: over HTTP and on a live page. */
import type { QueryException } from "#schemas/api/query";
import { errorCodes, type StoreError } from "#schemas/errors";

/** An error as the response lists it. */
export function exceptionOf(error: StoreError): QueryException {
  const { position, expected, found } = error.detail;
  return {
    errorCode: errorCodes[error.code].pinot,
    message: error.message,
    code: error.code,
    ...(position === undefined ? {} : { position }),
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
  };
}
