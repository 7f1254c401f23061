/**
 * Fragments as bytes.
 *
 * Value => tag:u8 (0 null | 1 i64 | 2 f64 | 3 flag | 4 text | 5 bytes)
 * Expression => 0:u8 type column:i32 name:text | 1:u8 type Value | 2:u8 type name:text list(Expression)
 * Order => list(Expression descending:flag nullsFirst:flag)
 * Aggregate => name:text type list(Expression) list(Value) filter:option(Expression)
 * Hop => timeColumn:i32 slideMs:i64 sizeMs:i64 startColumn:i32 endColumn:i32
 * Fragment => kind:u8 table:text filter:option(Expression) hop:option(Hop) then
 *   0 keys:list(Expression) list(Aggregate) top:option(Order rows:f64) | 1 project:list(Expression) Order rows:f64
 */

import type { AggregateCall, Expression, OrderKey } from "#schemas/plan/expression";
import type { Fragment, Hop } from "#schemas/plan/plan";
import { nodesOf } from "#schemas/plan/walk";
import { type SqlType, sqlTypes, type Value } from "#schemas/types";
import type { FrameReader, FrameWriter } from "#schemas/wire/bytes";

const typeByTag = new Map<number, SqlType>(
  Object.entries(sqlTypes).map(([type, { tag }]) => [tag, type as SqlType]),
);

export const writeType = (writer: FrameWriter, type: SqlType): void => writer.u8(sqlTypes[type].tag);

export function readType(reader: FrameReader): SqlType {
  const tag = reader.u8();
  return typeByTag.get(tag) ?? reader.fail("a type's tag", tag);
}

function writeValue(writer: FrameWriter, value: Value): void {
  if (value === null) writer.u8(0);
  else if (typeof value === "bigint") {
    writer.u8(1);
    writer.i64(value);
  } else if (typeof value === "number") {
    writer.u8(2);
    writer.f64(value);
  } else if (typeof value === "boolean") {
    writer.u8(3);
    writer.flag(value);
  } else if (typeof value === "string") {
    writer.u8(4);
    writer.text(value);
  } else {
    writer.u8(5);
    writer.sized(value);
  }
}

function readValue(reader: FrameReader): Value {
  switch (reader.u8Below(6, "a value's tag")) {
    case 0:
      return null;
    case 1:
      return reader.i64();
    case 2:
      return reader.f64();
    case 3:
      return reader.flag();
    case 4:
      return reader.text("a value");
    default:
      return reader.sized("a value");
  }
}

/** Parents first, without recursion: chains may be many thousand calls deep. */
function writeExpression(writer: FrameWriter, expression: Expression): void {
  for (const node of nodesOf(expression)) {
    writer.u8(node.kind === "column" ? 0 : node.kind === "literal" ? 1 : 2);
    writeType(writer, node.type);
    switch (node.kind) {
      case "column":
        writer.i32(node.column);
        writer.text(node.name);
        break;
      case "literal":
        writeValue(writer, node.value);
        break;
      case "call":
        writer.text(node.name);
        writer.u32(node.args.length);
        break;
    }
  }
}

type Call = Extract<Expression, { kind: "call" }>;

function readExpression(reader: FrameReader): Expression {
  const open: { readonly call: Call; readonly args: Expression[]; readonly count: number }[] = [];
  for (;;) {
    const { node, count } = readNode(reader);
    if (node.kind === "call" && count > 0) {
      open.push({ call: node, args: node.args as Expression[], count });
      continue;
    }
    let made = node;
    for (;;) {
      const parent = open.at(-1);
      if (parent === undefined) return made;
      parent.args.push(made);
      if (parent.args.length < parent.count) break;
      made = parent.call;
      open.pop();
    }
  }
}

/** One node, a call's arguments still to be read. */
function readNode(reader: FrameReader): { readonly node: Expression; readonly count: number } {
  const kind = reader.u8Below(3, "an expression's kind");
  const type = readType(reader);
  if (kind === 0)
    return {
      node: { kind: "column", type, column: reader.i32(), name: reader.text("a column's name") },
      count: 0,
    };
  if (kind === 1) return { node: { kind: "literal", type, value: readValue(reader) }, count: 0 };
  const name = reader.text("a function's name");
  const args: Expression[] = [];
  return { node: { kind: "call", type, name, args }, count: reader.count(1, "arguments") };
}

const writeExpressions = (writer: FrameWriter, expressions: readonly Expression[]): void =>
  writer.list(expressions, (expression) => writeExpression(writer, expression));

const readExpressions = (reader: FrameReader, what: string): Expression[] =>
  reader.list(what, () => readExpression(reader));

const writeOrder = (writer: FrameWriter, order: readonly OrderKey[]): void =>
  writer.list(order, ({ expression, descending, nullsFirst }) => {
    writeExpression(writer, expression);
    writer.flag(descending);
    writer.flag(nullsFirst);
  });

const readOrder = (reader: FrameReader): OrderKey[] =>
  reader.list("order keys", () => ({
    expression: readExpression(reader),
    descending: reader.flag(),
    nullsFirst: reader.flag(),
  }));

function writeAggregate(writer: FrameWriter, call: AggregateCall): void {
  writer.text(call.name);
  writeType(writer, call.type);
  writeExpressions(writer, call.args);
  writer.list(call.parameters, (value) => writeValue(writer, value));
  writer.option(call.filter, (filter) => writeExpression(writer, filter));
}

const readAggregate = (reader: FrameReader): AggregateCall => ({
  name: reader.text("an aggregate's name"),
  type: readType(reader),
  args: readExpressions(reader, "arguments"),
  parameters: reader.list("parameters", () => readValue(reader)),
  filter: reader.option(() => readExpression(reader)),
});

function writeHop(writer: FrameWriter, hop: Hop): void {
  writer.i32(hop.timeColumn);
  writer.i64(hop.slideMs);
  writer.i64(hop.sizeMs);
  writer.i32(hop.startColumn);
  writer.i32(hop.endColumn);
}

function readHop(reader: FrameReader): Hop {
  const timeColumn = reader.i32();
  const slideMs = reader.i64();
  const sizeMs = reader.i64();
  reader.check(slideMs > 0n && sizeMs > 0n, "a slide and a size above 0", `${slideMs}, ${sizeMs}`);
  return { timeColumn, slideMs, sizeMs, startColumn: reader.i32(), endColumn: reader.i32() };
}

export function writeFragment(writer: FrameWriter, fragment: Fragment): void {
  writer.u8(fragment.kind === "aggregate" ? 0 : 1);
  writer.text(fragment.table);
  writer.option(fragment.filter, (filter) => writeExpression(writer, filter));
  writer.option(fragment.hop, (hop) => writeHop(writer, hop));
  if (fragment.kind === "aggregate") {
    writeExpressions(writer, fragment.keys);
    writer.list(fragment.aggregates, (call) => writeAggregate(writer, call));
    writer.option(fragment.top, ({ order, rows }) => {
      writeOrder(writer, order);
      writer.f64(rows);
    });
  } else {
    writeExpressions(writer, fragment.project);
    writeOrder(writer, fragment.order);
    writer.f64(fragment.rows);
  }
}

export function readFragment(reader: FrameReader): Fragment {
  const kind = reader.u8Below(2, "a fragment's kind");
  const table = reader.text("a table");
  const filter = reader.option(() => readExpression(reader));
  const hop = reader.option(() => readHop(reader));
  if (kind === 0) {
    const keys = readExpressions(reader, "keys");
    const aggregates = reader.list("aggregates", () => readAggregate(reader));
    const top = reader.option(() => ({ order: readOrder(reader), rows: reader.whole("rows") }));
    return { kind: "aggregate", table, filter, hop, keys, aggregates, top };
  }
  const project = readExpressions(reader, "projections");
  return { kind: "rows", table, filter, hop, project, order: readOrder(reader), rows: reader.whole("rows") };
}
