/** Every function's kernel by canonical name; a test compares the names with the signature table. */
import { arithmeticKernels } from "#server/execute/functions/arithmetic";
import { chooseKernels } from "#server/execute/functions/choose";
import { compareKernels } from "#server/execute/functions/compare";
import { jsonKernels } from "#server/execute/functions/json";
import { logicKernels } from "#server/execute/functions/logic";
import { mathKernels } from "#server/execute/functions/math";
import type { Kernel } from "#server/execute/functions/operand";
import { textKernels } from "#server/execute/functions/texts";
import { timeFieldKernels } from "#server/execute/functions/time-fields";
import { timeFormatKernels } from "#server/execute/functions/time-format";
import { timeKernels } from "#server/execute/functions/times";

/** Computed by `evaluate` itself, because they decide which arguments are needed. */
export const specialForms = ["and", "or", "case", "coalesce", "cast"] as const;

export const kernels: Readonly<Record<string, Kernel>> = {
  ...arithmeticKernels,
  ...chooseKernels,
  ...compareKernels,
  ...jsonKernels,
  ...logicKernels,
  ...mathKernels,
  ...textKernels,
  ...timeFieldKernels,
  ...timeFormatKernels,
  ...timeKernels,
};
