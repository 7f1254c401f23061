import { expect, test } from "vitest";
import { step } from "#server/lifecycle";

test("a segment goes forward only", () => {
  expect(step("consuming", "sealing")).toBe("sealing");
  expect(step("sealing", "sealed")).toBe("sealed");
  expect(step("sealed", "corrupt")).toBe("corrupt");
  expect(step("corrupt", "dropped")).toBe("dropped");
  expect(() => step("sealed", "consuming")).toThrow("a segment cannot go from sealed to consuming");
  expect(() => step("dropped", "sealed")).toThrow();
});
