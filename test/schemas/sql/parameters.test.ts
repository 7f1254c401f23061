import { expect, test } from "vitest";
import { bindParameters, parametersOf } from "#schemas/sql/parameters";

const parameters = { fromMs: 1000.7, toMs: 2000, zone: "O'Clock" };
const cases: readonly (readonly [string, string])[] = [
  ["WHERE t >= :from AND t < :to", "WHERE t >= 1000 AND t < 2000"],
  ["f(:zone)", "f('O''Clock')"],
  ["':from' || \":to\" || `:to`", "':from' || \":to\" || `:to`"],
  ["'it''s :from' , :from", "'it''s :from' , 1000"],
  ["-- :from\n:from /* :to */ :to", "-- :from\n1000 /* :to */ 2000"],
  ["a::from, b :: to", "a::from, b :: to"],
  [":FROM :fromage :other", "1000 :fromage :other"],
  ["'open :from", "'open :from"],
  ["2 * :from - :to", "2 * 1000 - 2000"],
];

test.each(cases)("%s", (sql, bound) => {
  expect(bindParameters(sql, parameters)).toBe(bound);
});

test("names the parameters that a statement uses", () => {
  expect([...parametersOf("SELECT ':a' FROM t WHERE x > :From AND y = :zone")]).toEqual(["from", "zone"]);
});
