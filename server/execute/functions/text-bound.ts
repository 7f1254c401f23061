/** No function makes a text longer than a column could hold. */
import { StoreError } from "#schemas/errors";
import { limits } from "#schemas/limits";

/** Texts one after another; what would be too long is refused before it is made. */
export function joinTexts(parts: readonly string[], between = ""): string {
  let characters = Math.max(0, parts.length - 1) * between.length;
  for (const part of parts) characters += part.length;
  bounded(characters);
  return parts.join(between);
}

/** Every place of a text replaced. */
export function replaceAll(text: string, find: string, other: string): string {
  if (find === "") return text;
  if (other.length > find.length) {
    let places = 0;
    for (let at = text.indexOf(find); at >= 0; at = text.indexOf(find, at + find.length)) places++;
    bounded(text.length + places * (other.length - find.length));
  }
  return text.replaceAll(find, () => other);
}

export function bounded(characters: number): void {
  if (characters > limits.textBytes)
    throw new StoreError(
      "VALUE_RANGE",
      `a text of ${characters} characters exceeds textBytes, ${limits.textBytes}`,
    );
}
