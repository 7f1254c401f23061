/**
 * Syntax tree → bound expression: names become columns, operators and functions canonical calls with implicit casts,
 * aggregates columns numbered from `aggregateBase` (bind.ts renumbers them once the group keys are known).
 */
import type { Calls } from "#broker/bind/aggregate";
import { constantOf, isConstantCall, literal } from "#broker/bind/constant";
import { intervalOf } from "#broker/bind/interval";
import { type PinotTyping, pinotArgumentType, pinotCasts, pinotTypeOf } from "#broker/bind/pinot-types";
import type { Place } from "#broker/bind/place";
import { bindPredicate } from "#broker/bind/predicate";
import type { Scope } from "#broker/bind/scope";
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { aggregateNamed, aggregates as aggregateTable } from "#schemas/aggregates/registry";
import { type Span, StoreError } from "#schemas/errors";
import { canCast, castTypeNames, castTypeOf } from "#schemas/functions/coerce";
import { functionNamed, resolveFunction } from "#schemas/functions/resolve";
import { type Argument, plainName, type Signature } from "#schemas/functions/signature";
import { formatDate } from "#schemas/functions/timestamp";
import { unitNamed } from "#schemas/functions/units";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import type { NameNode, SqlExpression } from "#schemas/sql/ast";
import { placeOf } from "#schemas/sql/lexer";
import { childrenOf } from "#schemas/sql/walk";
import { didYouMean } from "#schemas/suggest";
import { type SqlType, sqlTypes } from "#schemas/types";
import { emptyVector } from "#schemas/vector-rows";

export interface BindEnvironment {
  readonly sql: string;
  readonly scope: Scope;
  readonly dialect: "native" | "pinot";
  readonly evaluate: Evaluate;
  readonly context: EvaluateContext;
  /** Collects the query's aggregate calls. */
  readonly calls: Calls;
}

const arithmeticNames = {
  "+": "plus",
  "-": "minus",
  "*": "times",
  "/": "divide",
  "%": "mod",
  "||": "concatenate",
} as const;

const fits = (value: bigint, type: "INT" | "LONG"): boolean => {
  const [least, most] = sqlTypes[type].range;
  return value >= least && value <= most;
};

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));

/** A whole number as a literal of the smallest type that holds it. */
function integerLiteral(value: bigint): Expression {
  if (fits(value, "INT")) return literal("INT", value);
  return fits(value, "LONG") ? literal("LONG", value) : literal("BIG_DECIMAL", value.toString());
}

/** Functions whose first argument is a unit of time. */
const unitTakers: ReadonlySet<string> = new Set(
  "timestampadd timestampdiff dateadd datediff datetrunc".split(" "),
);

export class ExpressionBinder {
  readonly #environment: BindEnvironment;
  /** Where each column and text was written, for errors found later. */
  readonly spans = new WeakMap<Expression, Span>();
  /** Numbers as they were written, whose digits a double may not hold. */
  readonly #digits = new WeakMap<Expression, string>();
  /** Whether a value depends on the query's moment, so that its plan must not be kept. */
  momentary = false;
  /** Is this bound column one of the group keys? Known once GROUP BY is bound. */
  isKey: (expression: Expression) => boolean = () => false;
  #insideAggregate = false;
  #insideAlias = false;
  /** Values whose type is written in the query, and stays: by CAST, or as a time moved by an INTERVAL. */
  readonly #written = new WeakSet<Expression>();

  constructor(environment: BindEnvironment) {
    this.#environment = environment;
  }

  /** The expression; `top` when it is a whole clause item, where an alias wins over a column. */
  bind(node: SqlExpression, place: Place, top = false): Expression {
    switch (node.kind) {
      case "name":
        return this.#name(node, place, top);
      case "star":
        throw this.error(
          "SQL_TYPE",
          node.span,
          "expected an expression but found *; it stands alone or in COUNT(*)",
        );
      case "integer":
        return integerLiteral(BigInt(node.text));
      case "decimal":
        return this.#decimal(node.text);
      case "text":
        return this.text(node.value, node.span);
      case "boolean":
        return literal("BOOLEAN", node.value);
      case "null":
        return literal("UNKNOWN", null);
      case "bytes":
        return literal("BYTES", bytesOf(node.hex));
      case "time":
        return this.#time(node);
      case "interval":
        throw this.error("SQL_TYPE", node.span, "INTERVAL may only be added to a time or taken from it");
      case "negate":
        return this.#negate(node, place);
      case "arithmetic":
        return this.#arithmetic(node, place);
      case "cast":
        return this.#castNode(node, place);
      case "case":
        return this.#case(node, place);
      case "call":
        return this.#callNode(node, place);
      default:
        return bindPredicate(this, node, { place, dialect: this.#environment.dialect });
    }
  }

  /** A text that stands in the query. */
  text(value: string, span: Span): Expression {
    const bound = literal("STRING", value);
    this.spans.set(bound, span);
    return bound;
  }

  /** A condition: BOOLEAN, or what casts to it. */
  condition(node: SqlExpression, place: Place): Expression {
    const bound = this.bind(node, place);
    if (bound.type === "BOOLEAN" || bound.type === "UNKNOWN") return bound;
    if (bound.type === "INT" || bound.type === "LONG") return this.cast(bound, "BOOLEAN", node.span);
    throw this.error("SQL_TYPE", node.span, `expected a condition but found a value of type ${bound.type}`);
  }

  /** A call by canonical or written name, with its implicit casts. */
  call(name: string, args: readonly Expression[], span: Span): Expression {
    const literals = this.#foldLiterals(name, args);
    const others = aggregateTable.map((aggregate) => aggregate.name);
    const resolution = this.#located(span, () =>
      resolveFunction(
        name,
        literals.map((arg) => this.#argumentOf(arg)),
        others,
      ),
    );
    const coerced = literals.map((arg, index) => {
      const type = resolution.coercions[index];
      return type === null ? arg : this.cast(arg, type, this.spans.get(arg) ?? span);
    });
    const bound = { kind: "call", type: resolution.type, name: resolution.name, args: coerced } as const;
    const signature = functionNamed(resolution.name);
    this.#located(span, () => this.#probe(bound, signature), literals);
    if (signature?.deterministic !== false) return bound;
    this.momentary = true;
    return isConstantCall(bound) ? this.#located(span, () => this.constant(bound)) : bound;
  }

  /** A cast; of a literal at once, so that a value that does not fit is reported where it stands. */
  cast(given: Expression, type: SqlType, span: Span): Expression {
    const value = type === "STRING" ? this.asPinot(given, this.pinotTypeOf(given), span) : given;
    if (value.type === type) return value;
    return this.#castCall(value, type, span);
  }

  #castCall(value: Expression, type: SqlType, span: Span): Expression {
    if (value.kind === "literal" && value.value === null) return literal(type, null);
    const digits = type === "BIG_DECIMAL" || type === "LONG" ? this.#digits.get(value) : undefined;
    const source = digits === undefined ? value : literal("STRING", digits);
    const bound: Expression = { kind: "call", type, name: "cast", args: [source] };
    if (value.kind !== "literal") return bound;
    try {
      return this.constant(bound);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const found = value.type === "DATE" ? formatDate(Number(value.value)) : String(value.value);
      const message = `expected a value of type ${type} but found '${found}'`;
      throw this.error("SQL_TYPE", span, message, { expected: type, found });
    }
  }

  /** The type of this value in an answer: in the pinot dialect Pinot's. */
  pinotTypeOf(expression: Expression): SqlType {
    const { dialect, calls } = this.#environment;
    if (dialect !== "pinot") return expression.type;
    const typing: PinotTyping = { calls: calls.list, written: this.#written };
    return pinotTypeOf(expression, typing);
  }

  /** The value as a type that `pinotTypeOf` gave. */
  asPinot(value: Expression, type: SqlType, span: Span): Expression {
    // A text is the last step of a cast to it: not through here again.
    const casts = pinotCasts(value.type, type).filter((to) => to !== "STRING");
    const cast = casts.reduce((inner, to) => this.cast(inner, to, span), value);
    return type === "STRING" && cast.type !== type ? this.#castCall(cast, type, span) : cast;
  }

  constant(expression: Expression): Expression & { readonly kind: "literal" } {
    const { evaluate, context } = this.#environment;
    return constantOf(expression, evaluate, context);
  }

  /** An error at a place of the text. */
  error(
    code: "SQL_TYPE" | "SQL_UNSUPPORTED" | "FUNCTION_ARGUMENTS",
    span: Span,
    message: string,
    detail: { readonly expected?: string; readonly found?: string } = {},
  ): StoreError {
    const place = placeOf(this.#environment.sql, span.start);
    return new StoreError(code, `${message} at ${place}`, { ...detail, position: span });
  }

  /**
   * Runs a call over no rows: a unit, zone or date pattern that is none is found now, at its place in the text. Regular
   * expressions are compiled when a row needs them: an empty text does.
   */
  #probe(call: Expression & { readonly kind: "call" }, signature: Signature | undefined): void {
    const { evaluate, context } = this.#environment;
    const { args } = call;
    const parameters = signature?.parameters ?? [];
    const isRegular = parameters[1]?.name === "pattern" && !parameters[1].literal;
    if (isRegular && args.slice(1).every((arg) => arg.kind === "literal"))
      this.constant({ ...call, args: [literal("STRING", ""), ...args.slice(1)] });
    if (!parameters.some((parameter) => parameter.literal)) return;
    const columns = args.map(
      (arg, index): Expression =>
        arg.kind === "literal" ? arg : { kind: "column", type: arg.type, column: index, name: "" },
    );
    const column = (index: number) => emptyVector(args[index].type);
    evaluate({ ...call, args: columns }, { rows: 0, column }, context);
  }

  /** Adds the position to errors that have none: of the text among `args` that was found, or of the whole. */
  #located<T>(span: Span, run: () => T, args: readonly Expression[] = []): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof StoreError) || error.detail.position !== undefined) throw error;
      const { found } = error.detail;
      const text = args.find((arg) => arg.kind === "literal" && arg.value === found);
      const position = (text === undefined ? undefined : this.spans.get(text)) ?? span;
      const place = placeOf(this.#environment.sql, position.start);
      const detail = { ...error.detail, position, cause: error };
      throw new StoreError(error.code, `${error.message} at ${place}`, detail);
    }
  }

  /** Arguments that must be literals may be written as constant expressions. */
  #foldLiterals(name: string, args: readonly Expression[]): readonly Expression[] {
    const parameters = functionNamed(name)?.parameters ?? [];
    if (!parameters.some((parameter) => parameter.literal)) return args;
    return args.map((arg, index) => {
      const wanted = parameters[Math.min(index, parameters.length - 1)].literal;
      return wanted && isConstantCall(arg) ? this.constant(arg) : arg;
    });
  }

  #name(node: NameNode, place: Place, top: boolean): Expression {
    const { scope } = this.#environment;
    const column = scope.column(node);
    const aliased = place === "select" || this.#insideAlias ? undefined : scope.alias(node);
    const columnWins = column !== undefined && (place === "groups" ? this.isKey(column) : true);
    if (aliased !== undefined && place !== "rows" && (top || !columnWins)) {
      const inner = place === "key" && column !== undefined && holdsAggregate(aliased);
      if (!inner) return this.#alias(aliased, place);
    }
    if (column === undefined) {
      if (aliased !== undefined && this.#insideAggregate) return this.#alias(aliased, "rows");
      throw scope.unknown(node);
    }
    this.spans.set(column, node.span);
    return column;
  }

  #alias(node: SqlExpression, place: Place): Expression {
    this.#insideAlias = true;
    try {
      return this.bind(node, place);
    } finally {
      this.#insideAlias = false;
    }
  }

  #time(node: SqlExpression & { readonly kind: "time" }): Expression {
    return this.cast(literal("STRING", node.value), node.type === "date" ? "DATE" : "TIMESTAMP", node.span);
  }

  #decimal(text: string): Expression {
    const bound = literal("DOUBLE", Number(text) + 0);
    this.#digits.set(bound, text);
    return bound;
  }

  #argumentOf(expression: Expression): Argument {
    if (expression.kind !== "literal") return { type: expression.type };
    const written = this.#digits.get(expression);
    return {
      type: expression.type,
      literal: expression.value,
      ...(written === undefined ? {} : { written }),
      ...(this.#written.has(expression) ? { isCast: true } : {}),
    };
  }

  #negate(node: SqlExpression & { readonly kind: "negate" }, place: Place): Expression {
    if (node.operand.kind === "integer") return integerLiteral(-BigInt(node.operand.text));
    if (node.operand.kind === "decimal") return this.#decimal(`-${node.operand.text}`);
    const operand = this.bind(node.operand, place);
    return this.call("negate", [operand], node.span);
  }

  #arithmetic(node: SqlExpression & { readonly kind: "arithmetic" }, place: Place): Expression {
    const { operator, left, right, span } = node;
    if (right.kind === "interval" && (operator === "+" || operator === "-")) {
      return this.#shift(this.bind(left, place), right, { span, back: operator === "-" });
    }
    if (left.kind === "interval" && operator === "+") {
      return this.#shift(this.bind(right, place), left, { span, back: false });
    }
    const args = [this.bind(left, place), this.bind(right, place)];
    return this.call(arithmeticNames[operator], args, span);
  }

  #shift(
    time: Expression,
    node: SqlExpression & { readonly kind: "interval" },
    where: { readonly span: Span; readonly back: boolean },
  ): Expression {
    const moved = this.#moved(time, node, where);
    this.#written.add(moved);
    return moved;
  }

  /** A time moved by an interval: months and days on the wall clock, the rest by milliseconds. */
  #moved(
    time: Expression,
    node: SqlExpression & { readonly kind: "interval" },
    { span, back }: { readonly span: Span; readonly back: boolean },
  ): Expression {
    const { months, days, ms } = intervalOf(node);
    let moved = time.type === "STRING" ? this.cast(time, "TIMESTAMP", span) : time;
    const signed = (amount: number): Expression => literal("LONG", BigInt(back ? -amount : amount));
    const move = (unit: string, amount: number): Expression =>
      this.call("timestampAdd", [literal("STRING", unit), signed(amount), moved], span);
    if (months !== 0) moved = move("MONTH", months);
    if (days !== 0 || (months === 0 && ms === 0)) moved = move("DAY", days);
    if (ms === 0) return moved;
    return moved.type === "DATE" ? move("MILLISECOND", ms) : this.call("plus", [moved, signed(ms)], span);
  }

  #castNode(node: SqlExpression & { readonly kind: "cast" }, place: Place): Expression {
    const type = castTypeOf(node.type);
    if (type === null) {
      const hint = didYouMean(node.type, castTypeNames);
      throw this.error("SQL_TYPE", node.typeSpan, `there is no type ${node.type}.${hint}`, {
        found: node.type,
      });
    }
    const operand = this.bind(node.operand, place);
    if (!canCast(operand.type, type)) {
      throw this.error("SQL_TYPE", node.span, `a value of type ${operand.type} cannot be cast to ${type}`);
    }
    const value = this.cast(operand, type, node.span);
    this.#written.add(value);
    return value;
  }

  #case(node: SqlExpression & { readonly kind: "case" }, place: Place): Expression {
    const args: Expression[] = [];
    for (const { when, result } of node.branches) {
      if (node.operand === null) {
        args.push(this.condition(when, place));
      } else {
        const operands = [this.bind(node.operand, place), this.bind(when, place)];
        args.push(this.call("equals", operands, when.span));
      }
      args.push(this.bind(result, place));
    }
    args.push(node.otherwise === null ? literal("UNKNOWN", null) : this.bind(node.otherwise, place));
    return this.call("case", args, node.span);
  }

  /** The function that a name means in the query's dialect: Pinot rounds integers and times to multiples. */
  #meant(name: string, args: readonly Expression[]): string {
    if (this.#environment.dialect !== "pinot" || plainName(name) !== "round" || args.length !== 2)
      return name;
    return ["INT", "LONG", "TIMESTAMP", "DATE"].includes(args[0].type) ? "roundTo" : name;
  }

  /** `TIMESTAMPADD(DAY, 1, t)`, as ODBC writes it: a word that is a unit, where a unit belongs, and no column's name. */
  #bareUnit(name: string, node: SqlExpression): Expression | null {
    if (!unitTakers.has(name.toLowerCase().replaceAll("_", "")) || node.kind !== "name") return null;
    const [word, ...more] = node.parts;
    if (word === undefined || more.length > 0 || unitNamed(word) === null) return null;
    const { scope } = this.#environment;
    if (scope.column(node) !== undefined || scope.alias(node) !== undefined) return null;
    return this.text(word, node.span);
  }

  #callNode(node: SqlExpression & { readonly kind: "call" }, place: Place): Expression {
    const { calls } = this.#environment;
    const aggregate = aggregateNamed(calls.nameOf(node));
    if (aggregate === null) {
      if (node.distinct || node.filter !== null) {
        const what = node.distinct ? "DISTINCT" : "FILTER";
        throw this.error(
          "FUNCTION_ARGUMENTS",
          node.span,
          `${what} belongs to aggregates; ${node.name} is not one`,
        );
      }
      const [first, ...others] = node.args;
      const unit = first === undefined ? null : this.#bareUnit(node.name, first);
      const rest = (unit === null ? node.args : others).map((arg) => this.bind(arg, place));
      const args = unit === null ? rest : [unit, ...rest];
      return this.call(this.#meant(node.name, args), args, node.nameSpan);
    }
    const name = node.name.toUpperCase();
    if (this.#insideAggregate)
      throw this.error("SQL_TYPE", node.span, `${name} stands inside another aggregate`);
    if (place === "rows" || place === "key") {
      const clause = place === "rows" ? "WHERE; use HAVING" : "GROUP BY or in ORDER BY of rows";
      throw this.error("SQL_TYPE", node.span, `the aggregate ${name} cannot stand in ${clause}`);
    }
    this.#insideAggregate = true;
    try {
      const star = node.args.length === 1 && node.args[0].kind === "star";
      const args = star ? [] : node.args.map((arg, at) => this.#argument(aggregate, arg, at));
      const filter = node.filter === null ? null : this.condition(node.filter, "rows");
      const bound = this.#located(node.span, () => calls.add(aggregate, { args, filter, star, node }));
      this.spans.set(bound, node.span);
      return bound;
    } finally {
      this.#insideAggregate = false;
    }
  }

  /** An aggregate's argument; in the pinot dialect numbers are also made of what Pinot takes for one. */
  #argument(aggregate: Aggregate, node: SqlExpression, at: number): Expression {
    const bound = this.bind(node, "rows");
    if (at > 0 || this.#environment.dialect !== "pinot") return bound;
    const type = pinotArgumentType(aggregate.name, bound.type);
    return type === null ? bound : this.asPinot(bound, type, node.span);
  }
}

/** Whether a syntax tree has an aggregate in it. */
export function holdsAggregate(node: SqlExpression): boolean {
  const stack = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.kind === "call" && (next.distinct || aggregateNamed(next.name) !== null)) return true;
    stack.push(...childrenOf(next));
  }
  return false;
}
