/** Parts of paths that several routes share. */
import type { PathParameter } from "#schemas/api/operation";

export const aTable: PathParameter = {
  description: "The table's name, case ignored; with Pinot's suffixes it is the same table",
  example: "purchases",
};

export const aDashboard: PathParameter = {
  description: "The dashboard's id: letters, digits, _, - and ., case distinguished",
  example: "cafe",
};

export const aSavedQuery: PathParameter = {
  description: "The saved query's id, of the same letters as a dashboard's",
  example: "best-sellers",
};

export const aSegment: PathParameter = { description: "The segment's id", example: "purchases__0__0" };
