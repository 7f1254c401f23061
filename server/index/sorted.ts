/** The index of a sorted dictionary column: rows of an id are a run, ids ascend and NULL (id 0) is last. */

/** First row of each id, from the number of rows of ids 0 … entries. */
export function sortedStarts(counts: Uint32Array): Uint32Array {
  const starts = new Uint32Array(counts.length);
  let row = 0;
  for (let id = 1; id < counts.length; id++) {
    starts[id] = row;
    row += counts[id];
  }
  starts[0] = row;
  return starts;
}
