/** Pinot's controls of consumption: pause, resume, seal now. */
import { knownTable } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import type { TableAdmin } from "#schemas/admin";
import {
  consumingSegmentsInfo,
  consumptionAnswer,
  forceCommitAnswer,
  pauseStatus,
  resumeParameters,
} from "#schemas/api/controller";
import type { Operation } from "#schemas/api/operation";
import { type ConsumeFrom, consumeFrom } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";

const ofTable = {
  tag: "Tables",
  parameters: { name: aTable },
  errors: ["TABLE_UNKNOWN"],
} as const satisfies Partial<Operation>;

const tableOf = (admin: TableAdmin, name: string): string => knownTable(admin, name).table.name;

async function statusOf(admin: TableAdmin, name: string) {
  const { partitions, state } = await admin.descriptions.detail(name);
  const consuming = partitions
    .filter((partition) => partition.state === "consuming")
    .map(({ partition }) => `${name}__${partition}`);
  return { pauseFlag: state === "paused", consumingSegments: consuming };
}

/** What resuming did: a stopped partition needs a word on where to go on. */
async function resumedText(admin: TableAdmin, name: string, wentOn: readonly number[]): Promise<string> {
  const { partitions } = await admin.descriptions.detail(name);
  const stopped = partitions.filter(({ state }) => state === "stopped");
  if (stopped.length > 0) {
    const reasons = stopped.map(({ partition, lastError }) => `partition ${partition}: ${lastError}`);
    return `Stopped: ${reasons.join("; ")}`;
  }
  if (wentOn.length === 0) return "Consumption goes on where it stopped.";
  return `Partitions ${wentOn.join(", ")} go on; what was passed over is a gap.`;
}

function fromOf(text: string | undefined): ConsumeFrom | undefined {
  if (text === undefined) return undefined;
  const parsed = consumeFrom.safeParse(text);
  if (parsed.success) return parsed.data;
  const expected = consumeFrom.options.join(", ");
  throw new StoreError("OPTION_VALUE", `expected consumeFrom as one of ${expected} but found "${text}"`, {
    at: "consumeFrom",
  });
}

const pauseRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    method: "POST",
    path: "/tables/:name/pauseConsumption",
    summary: "Stops taking in rows; what is there stays queryable.",
    answer: consumptionAnswer,
    handle: async ({ path }) => {
      const name = tableOf(admin, path.name);
      await admin.consumption.pause(name);
      return {
        ...(await statusOf(admin, name)),
        description: "Consumption is paused; rows in memory stay queryable.",
      };
    },
  });

const resumeRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    method: "POST",
    path: "/tables/:name/resumeConsumption",
    summary: "Takes in rows again, from where it stopped, or from where it is told.",
    query: resumeParameters,
    errors: ["TABLE_UNKNOWN", "STREAM_CHANGED", "OPTION_VALUE"],
    answer: consumptionAnswer,
    handle: async ({ path, query }) => {
      const name = tableOf(admin, path.name);
      const { consumption } = admin;
      const from = fromOf(query.consumeFrom);
      if (from === undefined) await consumption.resume(name);
      const wentOn = from === undefined ? [] : await consumption.continueFrom(name, from);
      return { ...(await statusOf(admin, name)), description: await resumedText(admin, name, wentOn) };
    },
  });

const pauseStatusRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    method: "GET",
    path: "/tables/:name/pauseStatus",
    summary: "Whether a table is paused, and which partitions consume.",
    answer: pauseStatus,
    handle: ({ path }) => statusOf(admin, tableOf(admin, path.name)),
  });

const forceCommitRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    method: "POST",
    path: "/tables/:name/forceCommit",
    summary: "Seals what was taken in so far, in the background.",
    answer: forceCommitAnswer,
    handle: async ({ path }) => {
      const segments = await admin.consumption.forceCommit(tableOf(admin, path.name));
      return { status: "SUCCESS", forceCommitStatus: "SUCCESS", segments };
    },
  });

const consumingSegmentsRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    method: "GET",
    path: "/tables/:name/consumingSegmentsInfo",
    summary: "The segments of a table that are not sealed yet.",
    answer: consumingSegmentsInfo,
    handle: async ({ path }) => {
      const { segments } = await admin.descriptions.detail(tableOf(admin, path.name));
      const consuming = segments.filter((segment) => segment.state !== "sealed");
      return {
        serversFailingToRespond: 0,
        _segmentToConsumingInfoMap: Object.fromEntries(consuming.map((segment) => [segment.id, [segment]])),
      };
    },
  });

export const consumptionRoutes = (parts: HttpParts): readonly Route[] => [
  pauseRoute(parts),
  resumeRoute(parts),
  pauseStatusRoute(parts),
  forceCommitRoute(parts),
  consumingSegmentsRoute(parts),
];
