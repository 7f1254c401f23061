/** What Pinot's controller and broker paths answer, as its clients, UIs and scripts read it. */
import { z } from "zod";
import { byName, count, instantMs, list, names, shape } from "#schemas/api/shape";
import { consumeFrom, definitionAnswer, segmentSummary } from "#schemas/api/tables";
import { pinotSchema } from "#schemas/definition/pinot-schema";
import { tableConfig } from "#schemas/definition/table-config";

export const statusAnswer = shape({ status: z.string() }).meta({ id: "StatusAnswer" });

/** Texts of the statements that run, by id. */
export const runningQueries = byName(z.string());

export const tableNames = shape({ tables: names }).meta({ id: "TableNames" });

export const tableCreated = shape({
  ...definitionAnswer.unwrap().shape,
  unrecognizedProperties: byName(z.unknown()).describe("Always empty: unknown keys are refused"),
}).meta({ id: "TableCreated" });

export const tableConfigs = shape({
  REALTIME: tableConfig.exactOptional(),
  OFFLINE: tableConfig.exactOptional(),
}).meta({ id: "TableConfigs" });

const configsOfTable = {
  tableName: z.string(),
  schema: pinotSchema,
  realtime: tableConfig.nullable().exactOptional(),
  offline: tableConfig.nullable().exactOptional(),
};
/** A table whole, as Pinot's own tools send and read it. */
export const wholeTable = shape(configsOfTable).meta({ id: "WholeTable" });
export const checkedTable = shape({
  ...configsOfTable,
  ignored: definitionAnswer.unwrap().shape.ignored,
}).meta({ id: "CheckedTable" });

export const checkedSchema = pinotSchema
  .extend({ ignored: definitionAnswer.unwrap().shape.ignored })
  .meta({ id: "CheckedSchema" });

export const validateRequest = shape({
  schema: pinotSchema,
  config: tableConfig.nullable().exactOptional(),
}).meta({ id: "ValidateRequest" });

const consumption = {
  pauseFlag: z.boolean(),
  consumingSegments: names.describe("table__partition of each partition that consumes"),
};
export const pauseStatus = shape(consumption).meta({ id: "PauseStatus" });
export const consumptionAnswer = shape({ ...consumption, description: z.string() }).meta({
  id: "ConsumptionAnswer",
});

export const forceCommitAnswer = shape({
  status: z.string(),
  forceCommitStatus: z.string(),
  segments: names.describe("Ids of the segments that are being sealed"),
}).meta({ id: "ForceCommitAnswer" });

export const consumingSegmentsInfo = shape({
  serversFailingToRespond: count,
  _segmentToConsumingInfoMap: byName(list(segmentSummary)),
}).meta({ id: "ConsumingSegmentsInfo" });

export const tableMetadata = shape({
  tableName: z.string(),
  diskSizeInBytes: count,
  numSegments: count,
  numRows: count,
}).meta({ id: "TableMetadata" });

export const tableSize = shape({
  tableName: z.string(),
  reportedSizeInBytes: count,
  estimatedSizeInBytes: count,
}).meta({ id: "TableSize" });

export const segmentParameters = z.object({
  type: z.enum(["REALTIME", "OFFLINE"]).exactOptional().describe("The table type to answer under"),
});

const segmentMetadataFields = {
  segmentName: z.string(),
  schemaName: z.string(),
  status: z.enum(["DONE", "IN_PROGRESS"]),
  totalDocs: count,
  sizeInBytes: count,
  startTimeMillis: instantMs.nullable(),
  endTimeMillis: instantMs.nullable(),
  error: z.string().nullable(),
};
export const oneSegment = shape(segmentMetadataFields).meta({ id: "SegmentMetadata" });
export const segmentMetadata = byName(oneSegment);

/** By server, the ids of its segments. */
export const segmentServers = list(shape({ tableName: z.string(), serverToSegmentsMap: byName(names) }));

const ingestionStatus = shape({
  ingestionState: z.enum(["HEALTHY", "UNHEALTHY"]),
  errorMessage: z.string(),
}).meta({ id: "IngestionStatus" });
export const tableStatus = shape({ ingestionStatus });
export const tableState = shape({ state: z.enum(["enabled", "disabled"]) });

export const tableDebug = list(
  shape({
    tableName: z.string(),
    numSegments: count,
    numServers: count,
    numBrokers: count,
    segmentDebugInfos: list(shape({ segmentName: z.string(), errorMessage: z.string() })).describe(
      "Segments that cannot be read",
    ),
    serverDebugInfos: list(z.unknown()),
    brokerDebugInfos: list(z.unknown()),
    tableSize: shape({ reportedSize: z.string(), estimatedSize: z.string() }),
    ingestionStatus,
  }).meta({ id: "TableDebug" }),
);

export const rebalanceAnswer = shape({ status: z.string(), description: z.string() });

export const tableInstances = shape({
  tableName: z.string(),
  brokers: list(shape({ tableType: z.string(), instances: names })),
  server: list(shape({ tableType: z.string(), instances: names })),
}).meta({ id: "TableInstances" });

export const instanceInfo = shape({
  instanceName: z.string(),
  hostName: z.string(),
  enabled: z.boolean(),
  port: z.string(),
  tags: names,
}).meta({ id: "Instance" });

export const tenantInfo = shape({ ServerInstances: names, BrokerInstances: names, tenantName: z.string() });
/** Settings of Pinot's that hold here, by name. */
export const clusterConfigs = byName(z.string());
export const allBrokers = shape({ tenants: byName(names), tables: byName(names) });
export const namesBy = byName(names);

export const resumeParameters = z.object({ consumeFrom: consumeFrom.exactOptional() });

/** One entry: ids of the segments by table type. */
export const segmentNames = list(byName(names));

export const segmentView = shape({
  OFFLINE: z.null(),
  REALTIME: byName(byName(z.enum(["ONLINE", "CONSUMING"]))).describe("State by server by segment"),
}).meta({ id: "SegmentView" });

export const brokerInstance = shape({
  host: z.string(),
  port: count,
  instanceName: z.string(),
}).meta({ id: "BrokerInstance" });

export const instances = shape({ instances: names });
export const tenants = shape({ SERVER_TENANTS: names, BROKER_TENANTS: names });
export const clusterInfo = shape({ clusterName: z.string() });
export const authInfo = shape({ workflow: z.string() });
export const verified = z.boolean();
export const liveBrokers = byName(list(brokerInstance));
/** Version by component. */
export const pinotVersions = byName(z.string());
