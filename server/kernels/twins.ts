/** All twins as one `Kernels` over given views. */
import type { Views } from "#server/arena/arena";
import * as arithmetic from "#server/kernels/arithmetic";
import * as bitmap from "#server/kernels/bitmap";
import * as decode from "#server/kernels/decode";
import * as distinct from "#server/kernels/distinct";
import * as filter from "#server/kernels/filter";
import * as gather from "#server/kernels/gather";
import * as group from "#server/kernels/group";
import * as groupId from "#server/kernels/group-id";
import * as hashGroup from "#server/kernels/hash-group";
import type { Kernels, Twin } from "#server/kernels/kernels";
import * as merge from "#server/kernels/merge";
import * as sum from "#server/kernels/sum";
import * as text from "#server/kernels/text";
import * as top from "#server/kernels/top";

type Twins = { readonly [Name in keyof Kernels]: Twin<Name> };

/** Each kernel's twin by name; a kernel without one is a type error. */
const twins: Twins = {
  ...filter,
  ...bitmap,
  ...sum,
  ...groupId,
  ...group,
  ...merge,
  ...distinct,
  ...hashGroup,
  ...gather,
  ...arithmetic,
  ...decode,
  ...text,
  ...top,
};

export function bindTwins(views: Views): Kernels {
  const bound = Object.entries(twins).map(([name, twin]) => [
    name,
    (twin as (first: Views, ...rest: never[]) => unknown).bind(null, views),
  ]);
  return Object.fromEntries(bound) as Kernels;
}
