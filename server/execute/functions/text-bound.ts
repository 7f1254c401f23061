/** No function makes a text longer than a column could hold. */
import { StoreError } from "#schemas/errors";
import { limits } from "#schemas/limits";

export function bounded(characters: number): void {
  if (characters > limits.textBytes)
    throw new StoreError(
      "VALUE_RANGE",
      `a text of ${characters} characters exceeds textBytes, ${limits.textBytes}`,
    );
}
