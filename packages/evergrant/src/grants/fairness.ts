/**
 * Puts rows into the order in which they are taken: by urgency, and within one urgency owners in turn, so that one who
 * has thousands due does not keep the others waiting. Rows come sorted by time within each urgency.
 */
export const fairly = <Row extends { urgency: number; owner: string }>(rows: Row[]): Row[] => {
  const ordered: Row[] = [];
  for (const urgency of new Set(rows.map((row) => row.urgency))) {
    const queues = [
      ...Map.groupBy(
        rows.filter((row) => row.urgency === urgency),
        (row) => row.owner,
      ).values(),
    ];
    for (let turn = 0; queues.some((queue) => turn < queue.length); turn++) {
      for (const queue of queues) if (turn < queue.length) ordered.push(queue[turn]!);
    }
  }
  return ordered;
};
