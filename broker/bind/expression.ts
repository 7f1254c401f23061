/**
 * Syntax tree → bound expression: names become columns, operators and functions canonical calls with implicit casts,
 * aggregates columns numbered from `aggregateBase` (bind.ts renumbers them once the group keys are known).
 */
import type { Calls } from "#broker/bind/aggregate";
import { bindArithmetic } from "#broker/bind/arithmetic";
import { type Ask, answerOf, ask, askAll, type Binding } from "#broker/bind/ask";
import type { CallSpans } from "#broker/bind/choices";
import { constantOf, isConstantCall, literal } from "#broker/bind/constant";
import { integerLiteral } from "#broker/bind/number";
import { type PinotTyping, pinotArgumentType, pinotCasts, pinotTypeOf } from "#broker/bind/pinot-types";
import type { Place } from "#broker/bind/place";
import { bindPredicate } from "#broker/bind/predicate";
import type { Scope } from "#broker/bind/scope";
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { aggregateNamed, aggregates as aggregateTable } from "#schemas/aggregates/registry";
import { type Span, StoreError } from "#schemas/errors";
import { canCast, castTypeNames, castTypeOf } from "#schemas/functions/coerce";
import { functionNamed, type Resolution, resolveFunction } from "#schemas/functions/resolve";
import { type Argument, plainName, type Signature } from "#schemas/functions/signature";
import { formatDate } from "#schemas/functions/timestamp";
import { unitNamed } from "#schemas/functions/units";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import type { NameNode, SqlExpression } from "#schemas/sql/ast";
import { placeOf } from "#schemas/sql/lexer";
import { walk } from "#schemas/sql/walk";
import { didYouMean } from "#schemas/suggest";
import type { Stepwise } from "#schemas/turns";
import type { SqlType } from "#schemas/types";
import { emptyVector } from "#schemas/vector-rows";

export interface BindEnvironment {
  readonly sql: string;
  readonly scope: Scope;
  readonly dialect: "native" | "pinot";
  readonly evaluate: Evaluate;
  readonly context: EvaluateContext;
  readonly limits: { readonly sqlNodes: number };
  /** Collects the query's aggregate calls. */
  readonly calls: Calls;
}

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));

const aggregateNames = aggregateTable.map((aggregate) => aggregate.name);

/** Arguments of a long call between two steps. */
const stepArguments = 1024;

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
  #nodes = 0;

  constructor(environment: BindEnvironment) {
    this.#environment = environment;
  }

  /** The expression; `top` when it is a whole clause item, where an alias wins over a column. */
  bind(node: SqlExpression, place: Place, top = false): Stepwise<Expression> {
    return answerOf({ node, place, top }, (question) => this.#begin(question));
  }

  /** A condition: BOOLEAN, or what casts to it. */
  *condition(node: SqlExpression, place: Place): Stepwise<Expression> {
    return this.#asCondition(yield* this.bind(node, place), node);
  }

  /** The same while another node is bound. */
  *askCondition(node: SqlExpression, place: Place): Binding {
    return this.#asCondition(yield* ask(node, place), node);
  }

  #begin({ node, place, top }: Ask): Expression | Binding {
    const { sqlNodes } = this.#environment.limits;
    // An alias stands for all of its expression, wherever it is written.
    if (++this.#nodes > sqlNodes) {
      const expected = `at most ${sqlNodes} expressions in a statement, aliases written out (limit sqlNodes)`;
      throw this.error("SQL_SYNTAX", node.span, `expected ${expected} but found more`, { expected });
    }
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
        return this.decimal(node.text);
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
        return bindArithmetic(this, node, place);
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

  /** The type of this value is written in the query, and stays. */
  keepType(value: Expression): Expression {
    this.#written.add(value);
    return value;
  }

  #asCondition(bound: Expression, node: SqlExpression): Expression {
    if (bound.type === "BOOLEAN" || bound.type === "UNKNOWN") return bound;
    if (bound.type === "INT" || bound.type === "LONG") return this.cast(bound, "BOOLEAN", node.span);
    throw this.error("SQL_TYPE", node.span, `expected a condition but found a value of type ${bound.type}`);
  }

  /** A call by canonical or written name, with its implicit casts. */
  call(name: string, args: readonly Expression[], span: Span): Expression {
    const literals = this.#foldLiterals(name, args);
    const resolution = this.#located(span, () =>
      resolveFunction(
        name,
        literals.map((arg) => this.#argumentOf(arg)),
        aggregateNames,
      ),
    );
    const coerced = literals.map((arg, index) => {
      const type = resolution.coercions[index];
      return type === null ? arg : this.cast(arg, type, this.spans.get(arg) ?? span);
    });
    return this.#resolved(resolution, coerced, { span, written: literals });
  }

  /** The same; others have their turn between arguments. */
  *callSteps(
    name: string,
    args: readonly Expression[],
    { span, of }: CallSpans,
  ): Generator<Ask | null, Expression, Expression> {
    const resolution = this.#located(span, () =>
      resolveFunction(
        name,
        args.map((arg) => this.#argumentOf(arg)),
      ),
    );
    const coerced: Expression[] = [];
    for (const [at, arg] of args.entries()) {
      const type = resolution.coercions[at];
      coerced.push(type === null ? arg : this.cast(arg, type, of(at)));
      if (at % stepArguments === 0) yield null;
    }
    return this.#resolved(resolution, coerced, { span, written: args });
  }

  #resolved(
    resolution: Resolution,
    coerced: readonly Expression[],
    { span, written }: { readonly span: Span; readonly written: readonly Expression[] },
  ): Expression {
    const bound = { kind: "call", type: resolution.type, name: resolution.name, args: coerced } as const;
    const signature = functionNamed(resolution.name);
    this.#located(span, () => this.#probe(bound, signature), written);
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
    // As it is: lists have many of them.
    if (value.type === "INT" && type === "LONG") return literal(type, value.value);
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
    code: "SQL_SYNTAX" | "SQL_TYPE" | "SQL_UNSUPPORTED" | "FUNCTION_ARGUMENTS",
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

  #name(node: NameNode, place: Place, top: boolean): Expression | Binding {
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

  *#alias(node: SqlExpression, place: Place): Binding {
    this.#insideAlias = true;
    try {
      return yield* ask(node, place);
    } finally {
      this.#insideAlias = false;
    }
  }

  #time(node: SqlExpression & { readonly kind: "time" }): Expression {
    return this.cast(literal("STRING", node.value), node.type === "date" ? "DATE" : "TIMESTAMP", node.span);
  }

  /** A literal with a point; its digits say what a FLOAT beside it holds. */
  decimal(text: string): Expression {
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

  *#negate(node: SqlExpression & { readonly kind: "negate" }, place: Place): Binding {
    if (node.operand.kind === "integer") return integerLiteral(-BigInt(node.operand.text));
    if (node.operand.kind === "decimal") return this.decimal(`-${node.operand.text}`);
    const operand = yield* ask(node.operand, place);
    return this.call("negate", [operand], node.span);
  }

  *#castNode(node: SqlExpression & { readonly kind: "cast" }, place: Place): Binding {
    const type = castTypeOf(node.type);
    if (type === null) {
      const hint = didYouMean(node.type, castTypeNames);
      throw this.error("SQL_TYPE", node.typeSpan, `there is no type ${node.type}.${hint}`, {
        found: node.type,
      });
    }
    const operand = yield* ask(node.operand, place);
    if (!canCast(operand.type, type)) {
      throw this.error("SQL_TYPE", node.span, `a value of type ${operand.type} cannot be cast to ${type}`);
    }
    const value = this.cast(operand, type, node.span);
    this.#written.add(value);
    return value;
  }

  *#case(node: SqlExpression & { readonly kind: "case" }, place: Place): Binding {
    const args: Expression[] = [];
    for (const { when, result } of node.branches) {
      if (node.operand === null) {
        args.push(yield* this.askCondition(when, place));
      } else {
        const operands = yield* askAll([node.operand, when], place);
        args.push(this.call("equals", operands, when.span));
      }
      args.push(yield* ask(result, place));
    }
    args.push(node.otherwise === null ? literal("UNKNOWN", null) : yield* ask(node.otherwise, place));
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

  *#callNode(node: SqlExpression & { readonly kind: "call" }, place: Place): Binding {
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
      const rest = yield* askAll(unit === null ? node.args : others, place);
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
      const args = star ? [] : yield* this.#arguments(aggregate, node.args);
      const filter = node.filter === null ? null : yield* this.askCondition(node.filter, "rows");
      const bound = this.#located(node.span, () => calls.add(aggregate, { args, filter, star, node }));
      this.spans.set(bound, node.span);
      return bound;
    } finally {
      this.#insideAggregate = false;
    }
  }

  /** An aggregate's arguments; in the pinot dialect numbers are also made of what Pinot takes for one. */
  *#arguments(
    aggregate: Aggregate,
    nodes: readonly SqlExpression[],
  ): Generator<Ask | null, Expression[], Expression> {
    const bound = yield* askAll(nodes, "rows");
    const [first] = bound;
    if (first === undefined || this.#environment.dialect !== "pinot") return bound;
    const type = pinotArgumentType(aggregate.name, first.type);
    return type === null ? bound : bound.with(0, this.asPinot(first, type, nodes[0].span));
  }
}

/** Whether a syntax tree has an aggregate in it. */
export function holdsAggregate(node: SqlExpression): boolean {
  for (const one of walk(node))
    if (one.kind === "call" && (one.distinct || aggregateNamed(one.name) !== null)) return true;
  return false;
}
