/** LASTWITHTIME(value, time [, 'TYPE']): the value at the latest time. */
import { withTime } from "#schemas/aggregates/with-time";

export const lastWithTime = withTime("last", {
  name: "lastWithTime",
  documentation: "The value at the latest time; rows where either is NULL do not count.",
  example: "LASTWITHTIME(new_level, event_time, 'INT')",
});
