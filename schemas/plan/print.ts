/** Bound expressions as text, for EXPLAIN. */
import type { Expression } from "#schemas/plan/expression";
import { literalText } from "#schemas/plan/literal-text";
import { foldExpression } from "#schemas/plan/walk";

/** Arguments that are shown of one call: a list of a million choices says no more than its first. */
const argumentsShown = 100;
/** Characters that are shown of one expression. */
const textShown = 10_000;

const cut = (text: string): string => (text.length <= textShown ? text : `${text.slice(0, textShown)}…`);

function textOfNode(node: Expression, args: readonly string[], between: string): string {
  switch (node.kind) {
    case "column":
      return node.name;
    case "literal":
      return node.value === null ? "NULL" : cut(literalText(node));
    case "call": {
      let text = `${node.name}(`;
      for (let at = 0; at < Math.min(args.length, argumentsShown); at++) {
        if (at > 0) text += between;
        text += args[at];
      }
      const more = args.length - argumentsShown;
      return cut(`${text}${more > 0 ? `${between}… ${more} more` : ""})`);
    }
  }
}

/** An expression in one line, its arguments apart by `between`; a very long one is cut. */
export const expressionText = (expression: Expression, between = ","): string =>
  foldExpression<string>(expression, (node, args) => textOfNode(node, args, between));
