/**
 * One HTTP operation as data: what the API's document says of it. The route's handler stands beside it, so that what
 * is registered and what is described are one list.
 */
import { z } from "zod";
import type { ErrorCode } from "#schemas/errors";

/** What is said of a value, of an object's keys, and the value's own type. */
export type Shape = z.ZodType;
export type Fields = z.ZodObject;
export type ValueOf<Described extends Shape> = z.infer<Described>;

/** What travels under one media type; null: bytes that JSON Schema does not describe. */
interface Media {
  readonly type: Shape | null;
  readonly example?: unknown;
}
export type Content = Readonly<Record<string, Media>>;

/** A part of the path; its example is what the operation's worked example asks for. */
export interface PathParameter {
  readonly description: string;
  readonly example: string;
}

/** Groups of operations, in reading order. */
export const tags = {
  Queries: "SQL in, rows out",
  Rows: "Pushing rows into a table",
  Schemas: "A schema alone makes a table that is fed by pushes",
  Tables: "Table configs, consumption, sizes: the paths of Pinot's controller",
  App: "What the web app asks: states, dashboards, saved queries",
  Cluster: "One node that is broker, controller and server, as clients of Pinot ask for them",
  Process: "Health, metrics, this document",
} as const;

export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** As the router has it: "/tables/:name". */
  readonly path: string;
  readonly tag: keyof typeof tags;
  /** One sentence in plain words. */
  readonly summary: string;
  readonly details?: string;
  readonly parameters?: Readonly<Record<string, PathParameter>>;
  readonly query?: Fields;
  readonly headers?: Fields;
  readonly body?: Content;
  /** A type alone is JSON of it. */
  readonly answer: Shape | Content;
  readonly answerHeaders?: Fields;
  /** The answer's status where it is not 200. */
  readonly status?: number;
  /** What it refuses with, beside what any route may. */
  readonly errors?: readonly ErrorCode[];
  /** What an error's status may carry instead of an error. */
  readonly faultyAnswer?: Shape;
  /** Carries no data: any Host and Origin may ask. */
  readonly open?: true;
}

/** A request's body or an answer in JSON. */
export const json = (type: Shape, example?: unknown): Content => ({
  "application/json": { type, ...(example === undefined ? {} : { example }) },
});

/** Text of a media type of its own. */
export const text = (mediaType: string, example?: string): Content => ({
  [mediaType]: { type: z.string(), ...(example === undefined ? {} : { example }) },
});

/** Bytes that JSON Schema has no words for. */
export const bytes = (mediaType: string): Content => ({ [mediaType]: { type: null } });

/** Answers by media type. */
export const contentOf = (answer: Operation["answer"]): Content =>
  "_zod" in answer ? json(answer as Shape) : (answer as Content);
