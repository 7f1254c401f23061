/** The one table of all scalar functions. */
import { jsonSignatures } from "#schemas/functions/json";
import { logicSignatures } from "#schemas/functions/logic";
import { numberSignatures } from "#schemas/functions/numbers";
import { operatorSignatures } from "#schemas/functions/operators";
import type { Signature } from "#schemas/functions/signature";
import { textSignatures } from "#schemas/functions/texts";
import { timeSignatures } from "#schemas/functions/times";

export const functionTable: readonly Signature[] = [
  ...operatorSignatures,
  ...logicSignatures,
  ...numberSignatures,
  ...textSignatures,
  ...timeSignatures,
  ...jsonSignatures,
];
