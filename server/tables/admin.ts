/** Everything that is asked of the tables, in one value. */
import type { TableAdmin } from "#schemas/admin";
import type { Server } from "#server/server";
import { Consumption } from "#server/tables/consumption";
import { Definitions } from "#server/tables/definitions";
import { Descriptions } from "#server/tables/descriptions";
import { Pushes } from "#server/tables/pushes";
import { StreamTopics } from "#server/tables/topics";

export const tableAdmin = (server: Server): TableAdmin => ({
  definitions: new Definitions(server),
  consumption: new Consumption(server),
  pushes: new Pushes(server),
  topics: new StreamTopics(server),
  descriptions: new Descriptions(server),
  changes: { onChange: (listener) => server.onChange(listener) },
});
