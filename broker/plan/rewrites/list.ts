/** All rewrites, in the order they are applied. Each is a pure function and can be switched off by its name. */
import { dropDerivedKeys } from "#broker/plan/rewrites/drop-derived-keys";
import { dropDistinct } from "#broker/plan/rewrites/drop-distinct";
import { fitLiterals } from "#broker/plan/rewrites/fit-literals";
import { foldConstants } from "#broker/plan/rewrites/fold-constants";
import { limitToTop } from "#broker/plan/rewrites/limit-to-top";
import { mergeEquals } from "#broker/plan/rewrites/merge-equals";
import { mergeRanges } from "#broker/plan/rewrites/merge-ranges";
import { prunePredicates } from "#broker/plan/rewrites/prune-predicates";
import { pushHaving } from "#broker/plan/rewrites/push-having";
import { shiftSums } from "#broker/plan/rewrites/shift-sums";
import { simplifyLogic } from "#broker/plan/rewrites/simplify-logic";
import type { RewriteTools } from "#broker/plan/rewrites/tools";
import { unwrapDefaults } from "#broker/plan/rewrites/unwrap-defaults";
import type { Plan } from "#schemas/plan/plan";

export type { RewriteTools } from "#broker/plan/rewrites/tools";

export interface Rewrite {
  readonly name: string;
  readonly rewrite: (plan: Plan, tools: RewriteTools) => Plan;
}

export const rewrites: readonly Rewrite[] = [
  { name: "foldConstants", rewrite: foldConstants },
  { name: "pushHaving", rewrite: pushHaving },
  { name: "fitLiterals", rewrite: fitLiterals },
  { name: "simplifyLogic", rewrite: simplifyLogic },
  { name: "unwrapDefaults", rewrite: unwrapDefaults },
  { name: "mergeEquals", rewrite: mergeEquals },
  { name: "mergeRanges", rewrite: mergeRanges },
  { name: "prunePredicates", rewrite: prunePredicates },
  { name: "dropDistinct", rewrite: dropDistinct },
  { name: "dropDerivedKeys", rewrite: dropDerivedKeys },
  { name: "shiftSums", rewrite: shiftSums },
  { name: "limitToTop", rewrite: limitToTop },
];
