/** Bytes as hexadecimal digits and Base64. */
import { StoreError } from "#schemas/errors";

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hexOfBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += digits[byte];
  return text;
}

export function parseHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text))
    throw new StoreError(
      "VALUE_SYNTAX",
      `expected hexadecimal digits, two a byte, found "${text.slice(0, 64)}"`,
    );
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function base64OfBytes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a, b = 0, c = 0] = bytes.subarray(at, at + 3);
    text += alphabet[a >> 2] + alphabet[((a & 3) << 4) | (b >> 4)];
    text += at + 1 < bytes.length ? alphabet[((b & 15) << 2) | (c >> 6)] : "=";
    text += at + 2 < bytes.length ? alphabet[c & 63] : "=";
  }
  return text;
}

export function parseBase64(text: string): Uint8Array {
  const plain = text.replace(/[\s=]+$/, "");
  const bytes = new Uint8Array((plain.length * 3) >> 2);
  let bits = 0;
  let used = 0;
  for (let at = 0; at < plain.length; at++) {
    const value = alphabet.indexOf(plain[at] === "-" ? "+" : plain[at] === "_" ? "/" : plain[at]);
    if (value < 0) throw new StoreError("VALUE_SYNTAX", `expected Base64, found "${plain[at]}" at ${at}`);
    bits = ((bits << 6) | value) & 0xffffff;
    if (at % 4 !== 0) bytes[used++] = (bits >> (at % 4 === 1 ? 4 : at % 4 === 2 ? 2 : 0)) & 255;
  }
  return bytes.subarray(0, used);
}
