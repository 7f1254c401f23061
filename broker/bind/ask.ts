/**
 * Binding without recursion: whoever binds a node asks for the nodes below it and goes on when they are there. The
 * stack of a thread is not as deep as a statement may be, and others want the thread in between.
 */
import type { Place } from "#broker/bind/place";
import type { Expression } from "#schemas/plan/expression";
import type { SqlExpression } from "#schemas/sql/ast";
import type { Stepwise } from "#schemas/turns";

export interface Ask {
  readonly node: SqlExpression;
  readonly place: Place;
  /** It is a whole clause item, where an alias wins over a column. */
  readonly top: boolean;
}

/** The binding of one node: it yields what it asks for and is given the answers; null only lets others have a turn. */
export type Binding = Generator<Ask | null, Expression, Expression>;

/** The node, bound. */
export function* ask(node: SqlExpression, place: Place, top = false): Binding {
  return yield { node, place, top };
}

/** Several of them. */
export function* askAll(
  nodes: readonly SqlExpression[],
  place: Place,
): Generator<Ask | null, Expression[], Expression> {
  const bound: Expression[] = [];
  for (const node of nodes) bound.push(yield { node, place, top: false });
  return bound;
}

/** Nodes between two steps: each costs some microseconds. */
const stepNodes = 64;

/** The answer to a question, and to all it asks in turn; `begin` answers at once or starts the binding of a node. */
export function* answerOf(root: Ask, begin: (question: Ask) => Expression | Binding): Stepwise<Expression> {
  const open: Binding[] = [];
  let question = root;
  for (let nodes = 1; ; nodes++) {
    if (nodes % stepNodes === 0) yield;
    const started = begin(question);
    let answer: Expression | undefined;
    if ("next" in started) open.push(started);
    else answer = started;
    for (;;) {
      const top = open.at(-1);
      if (top === undefined) return answer as Expression;
      const step = answer === undefined ? top.next() : top.next(answer);
      if (step.done === true) {
        open.pop();
        answer = step.value;
      } else if (step.value === null) {
        yield;
        answer = undefined;
      } else {
        question = step.value;
        break;
      }
    }
  }
}
