/** Parts of paths that several routes share. */
import type { PathParameter } from "#schemas/api/operation";

export const aTable: PathParameter = {
  description: "The table's name, case ignored; with Pinot's suffixes it is the same table",
  example: "purchases",
};

export const aDashboard: PathParameter = {
  description: "Lower-case letters, digits and -",
  example: "cafe",
};

export const aSavedQuery: PathParameter = { description: "The saved query's id", example: "best-sellers" };

export const aSegment: PathParameter = { description: "The segment's id", example: "purchases__0__0" };
