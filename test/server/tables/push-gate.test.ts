/** Pushes beside changes of their table's definition, and changes one after the other: every interleaving by hand. */
import { describe, expect, test } from "vitest";
import { NameTurns } from "#server/tables/name-turns";
import { PushGate } from "#server/tables/push-gate";
import { ManualClock } from "#test/setup/clock";

/** Work that ends when it is told to, and a list of what began and ended. */
function theatre() {
  const told: string[] = [];
  const act = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const play = async () => {
      told.push(`${name} begins`);
      try {
        return await promise;
      } finally {
        told.push(`${name} ends`);
      }
    };
    return { play, end: () => resolve(name), fail: () => reject(new Error(name)) };
  };
  return { told, act };
}

const settled = async () => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

describe("the gate", () => {
  const gateOf = (clock = new ManualClock()) => new PushGate({ clock, waitMs: 1000 });

  test("pushes go side by side; a change waits for them, and later ones wait for it, in any case of letters", async () => {
    const { told, act } = theatre();
    const gate = gateOf();
    const [first, second, change, third] = ["first", "second", "change", "third"].map(act);
    const all = [gate.pass("t", first!.play), gate.pass("T", second!.play)];
    const changing = gate.close("t", change!.play);
    const late = gate.pass("t", third!.play);
    await settled();
    expect(told).toEqual(["first begins", "second begins"]);
    first!.end();
    await settled();
    expect(told.at(-1)).toBe("first ends");
    second!.end();
    await settled();
    expect(told.at(-1)).toBe("change begins");
    change!.end();
    await settled();
    expect(told.slice(-2)).toEqual(["change ends", "third begins"]);
    third!.end();
    expect(await Promise.all([...all, changing, late])).toEqual(["first", "second", "change", "third"]);
  });

  test("a change or a push that fails opens it again", async () => {
    const { told, act } = theatre();
    const gate = gateOf();
    const [push, change, next] = ["push", "change", "next"].map(act);
    const pushed = gate.pass("t", push!.play);
    const changing = gate.close("t", change!.play);
    const late = gate.pass("t", next!.play);
    push!.fail();
    await expect(pushed).rejects.toThrow("push");
    await settled();
    change!.fail();
    await expect(changing).rejects.toThrow("change");
    await settled();
    expect(told.at(-1)).toBe("next begins");
    next!.end();
    await late;
  });

  test("other names go on; a change that takes too long is told to the push that waits", async () => {
    const clock = new ManualClock();
    const { act } = theatre();
    const gate = gateOf(clock);
    const change = act("change");
    const changing = gate.close("t", change.play);
    expect(await gate.pass("u", async () => "u")).toBe("u");
    const waiting = gate.pass("t", async () => "t");
    const refused = expect(waiting).rejects.toMatchObject({ code: "INGESTION_PAUSED" });
    await clock.advance(1001);
    await refused;
    change.end();
    await changing;
    expect(await gate.pass("t", async () => "t")).toBe("t");
  });
});

test("turns: one at a time for a name in the order asked, a failure holds nobody up, other names do not wait", async () => {
  const { told, act } = theatre();
  const turns = new NameTurns();
  const [first, second, third, other] = ["first", "second", "third", "other"].map(act);
  const one = turns.run("t", first!.play);
  const two = turns.run("T", second!.play);
  const three = turns.run("t", third!.play);
  const apart = turns.run("u", other!.play);
  await settled();
  expect(told).toEqual(["first begins", "other begins"]);
  first!.fail();
  await expect(one).rejects.toThrow("first");
  await settled();
  expect(told.at(-1)).toBe("second begins");
  let isIdle = false;
  const idle = turns.idle().then(() => {
    isIdle = true;
  });
  second!.end();
  await settled();
  expect([told.at(-1), isIdle]).toEqual(["third begins", false]);
  for (const work of [third, other]) work!.end();
  await Promise.all([two, three, apart, idle]);
});
