/**
 * Query options: `SET k=v;` wins over `OPTION(k=v)`, which wins over the request's `queryOptions`. Names ignore case.
 * Pinot's options that we have no use for are taken and do nothing; any other name is an error with a suggestion.
 */
import { type Span, StoreError } from "#schemas/errors";
import { findZone } from "#schemas/functions/zone";
import type { QueryOptions } from "#schemas/plan/plan";
import type { Setting } from "#schemas/sql/ast";
import { didYouMean } from "#schemas/suggest";

const ours = [
  "timeoutMs",
  "useCache",
  "timeZone",
  "dialect",
  "enableNullHandling",
  "preserveType",
  "truncate",
  "resultRows",
  "resultBytes",
  "rewritesOff",
] as const;
type OptionName = (typeof ours)[number];

/** Pinot's (and its clients'), about machinery that we do not have; they cannot change an answer here. */
const idle: readonly string[] = (
  "useMultistageEngine numGroupsLimit errorOnNumGroupsLimit minSegmentGroupTrimSize minServerGroupTrimSize " +
  "minBrokerGroupTrimSize groupTrimThreshold accurateGroupByWithoutOrderBy maxExecutionThreads skipUpsert " +
  "skipUpsertDelete upsertViewFreshnessMs useStarTree skipIndexes serverReturnFinalResult " +
  "serverReturnFinalResultKeyUnpartitioned numReplicaGroupsToQuery useFixedReplica clientQueryId applicationName " +
  "workloadName isSecondaryWorkload maxRowsInJoin joinOverflowMode maxRowsInWindow windowOverflowMode " +
  "maxServerResponseSizeBytes maxQueryResponseSizeBytes dropResults getCursor cursorNumRows " +
  "filteredAggregationsSkipEmptyGroups useSpools usePhysicalOptimizer useLiteMode inferPartitionHint " +
  "skipPlannerRules usePlannerRules sampler maxRowsInDistinct maxExecutionTimeMsInDistinct " +
  "autoRewriteAggregationType vectorNprobe vectorEfSearch explainAskingServers explainPlanVerbose responseFormat " +
  "groupByMode trace database traceRuleProductions stageParallelism multiStageLeafLimit maxStreamingPendingBlocks " +
  "numThreadsExtractFinalResult chunkSizeExtractFinalResult numGroupsWarningLimit orderByAlgorithm parallelism " +
  "minInitialIndexedTableCapacity maxInitialResultHolderCapacity mseMaxInitialResultHolderCapacity " +
  "useLeafServerForIntermediateStage excludeVirtualColumns runInBroker useBrokerPruning liteModeServerStageLimit " +
  "liteModeLeafStageLimit inferInvalidSegmentPartition inferRealtimeSegmentPartition allowReverseOrder " +
  "orderedPreferredPools routingOptions maxQueryWaitTimeMs extraPassiveTimeoutMs sortAggregateLimitThreshold " +
  "regexDictSizeThreshold andScanReordering useIndexBasedDistinctOperator invertedIndexDistinctCostRatio " +
  "maxRowsWithoutChangeInDistinct enableMaterializedViewRewrite queryHash logQuery"
).split(" ");

const lowerNames = new Map<string, string>([...ours, ...idle].map((name) => [name.toLowerCase(), name]));
const isOurs = (name: string): name is OptionName => (ours as readonly string[]).includes(name);

/** What is in force when nothing is set. */
export interface OptionDefaults {
  readonly timeoutMs: number;
  /** The longest that may be asked for. */
  readonly timeoutMsMax: number;
  readonly dialect: "native" | "pinot";
  readonly timeZone: string;
}

function refuseValue(name: string, value: string, expected: string, span: Span | undefined): StoreError {
  const detail = { expected, found: value, ...(span && { position: span }) };
  return new StoreError("OPTION_VALUE", `option ${name}: expected ${expected} but found '${value}'`, detail);
}

function flag(name: string, value: string, span: Span | undefined): boolean {
  const lower = value.toLowerCase();
  if (lower === "true" || lower === "1") return true;
  if (lower === "false" || lower === "0") return false;
  throw refuseValue(name, value, "true or false", span);
}

function wholeNumber(name: string, value: string, span: Span | undefined): number {
  const found = Number(value);
  if (!Number.isSafeInteger(found) || found < 1)
    throw refuseValue(name, value, "a whole number from 1", span);
  return found;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function apply(
  options: Mutable<QueryOptions>,
  name: OptionName,
  given: { readonly value: string; readonly span: Span | undefined; readonly defaults: OptionDefaults },
): void {
  const { value, span, defaults } = given;
  switch (name) {
    case "timeoutMs": {
      const timeoutMs = Number(value);
      if (!Number.isInteger(timeoutMs) || timeoutMs < 1) {
        throw refuseValue(name, value, "a whole number of milliseconds from 1", span);
      }
      options.timeoutMs = Math.min(timeoutMs, defaults.timeoutMsMax);
      return;
    }
    case "timeZone":
      if (findZone(value) === null) throw refuseValue(name, value, "a time zone such as Europe/Berlin", span);
      options.timeZone = value;
      return;
    case "dialect": {
      const dialect = value.toLowerCase();
      if (dialect !== "native" && dialect !== "pinot")
        throw refuseValue(name, value, "native or pinot", span);
      options.dialect = dialect;
      return;
    }
    case "resultRows":
    case "resultBytes":
      // The tightest wins: a page that holds so much stays within it whatever the statement says.
      options[name] = Math.min(options[name], wholeNumber(name, value, span));
      return;
    case "rewritesOff":
      options.rewritesOff = value.split(",").map((rewrite) => rewrite.trim());
      return;
    default:
      options[name] = flag(name, value, span);
  }
}

/** `a=b;c=d` of a request. */
function requestSettings(queryOptions: string): { readonly name: string; readonly value: string }[] {
  const pairs = queryOptions.split(";").filter((pair) => pair.trim() !== "");
  return pairs.map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) throw refuseValue("queryOptions", pair, "name=value;name=value", undefined);
    return { name: pair.slice(0, at).trim(), value: pair.slice(at + 1).trim() };
  });
}

/** All options of one query, checked. */
export function bindOptions(
  statement: { readonly settings: readonly Setting[]; readonly options: readonly Setting[] },
  queryOptions: string,
  defaults: OptionDefaults,
): QueryOptions {
  const options: Mutable<QueryOptions> = {
    timeoutMs: defaults.timeoutMs,
    useCache: true,
    timeZone: defaults.timeZone,
    dialect: defaults.dialect,
    enableNullHandling: true,
    preserveType: false,
    truncate: false,
    resultRows: Number.MAX_SAFE_INTEGER,
    resultBytes: Number.MAX_SAFE_INTEGER,
    rewritesOff: [],
  };
  const weakestFirst: readonly { name: string; value: string; span?: Span }[] = [
    ...requestSettings(queryOptions),
    ...statement.options,
    ...statement.settings,
  ];
  for (const { name, value, span } of weakestFirst) {
    const known = lowerNames.get(name.toLowerCase());
    if (known === undefined) {
      const hint = didYouMean(name, lowerNames.values());
      const detail = { found: name, expected: ours.join(", "), ...(span && { position: span }) };
      throw new StoreError("OPTION_UNKNOWN", `there is no query option ${name}.${hint}`, detail);
    }
    if (isOurs(known)) apply(options, known, { value, span, defaults });
  }
  return options;
}
