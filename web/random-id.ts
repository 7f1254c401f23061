/** An id that nobody else has: 128 random bits. `crypto.randomUUID` is lent to https and localhost only. */
export const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
