/** FIRSTWITHTIME(value, time [, 'TYPE']): the value at the earliest time. */
import { withTime } from "#schemas/aggregates/with-time";

export const firstWithTime = withTime("first", {
  name: "firstWithTime",
  documentation: "The value at the earliest time; rows where either is NULL do not count.",
  example: "FIRSTWITHTIME(new_level, event_time, 'INT')",
});
