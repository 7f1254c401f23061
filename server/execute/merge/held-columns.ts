/** The text columns that one query uses, held to its end: between queries they may be forgotten. */
import { assert } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import { type Dictionaries, dictionaryPart } from "#server/execute/merge/dictionaries";
import type { DictionaryPart } from "#server/execute/merge/domain";
import type { MergeSource } from "#server/execute/merge/merge-parts";
import type { TextDomain } from "#server/execute/merge/text-domain";
import type { KeyPlan } from "#server/execute/task";

type Column = ReturnType<Dictionaries["column"]>;

export class HeldColumns {
  private readonly dictionaries: Dictionaries;
  private readonly table: string;
  private readonly held = new Map<number, Column>();

  constructor(dictionaries: Dictionaries, table: string) {
    this.dictionaries = dictionaries;
    this.table = table;
  }

  domain(columnId: number): TextDomain {
    return this.column(columnId).domain;
  }

  private column(columnId: number): Column {
    let column = this.held.get(columnId);
    if (column === undefined) {
      column = this.dictionaries.column(this.table, columnId);
      this.held.set(columnId, column);
    }
    return column;
  }

  /** The dictionary behind a plan by ids, with its mapping so far; null for other plans. */
  part({ task, segment }: MergeSource, plan: KeyPlan, expression: Expression): DictionaryPart | null {
    if (plan.kind !== "ids" || expression.kind !== "column") return null;
    const { dictionary } = task.columns[plan.column];
    assert(dictionary !== null, "ids have a dictionary");
    return dictionaryPart(this.column(expression.column), segment, dictionary, segment.arena.views);
  }
}
